package graph

import "github.com/dataflow-go/dataflow/model"

// ModelSet is a fixed set of models, all of them known. It implements Models.
type ModelSet struct {
	byName map[string]*model.Model
	names  []string
}

// NewModelSet makes a set. Of two models with one name the last counts;
// model.CheckSet reports them.
func NewModelSet(models ...*model.Model) *ModelSet {
	s := &ModelSet{byName: make(map[string]*model.Model, len(models))}
	for _, m := range models {
		if s.byName[m.Name] == nil {
			s.names = append(s.names, m.Name)
		}
		s.byName[m.Name] = m
	}
	return s
}

// Model returns the model of a name, or nil.
func (s *ModelSet) Model(name string) *model.Model { return s.byName[name] }

// Names lists the models' names in the order given.
func (s *ModelSet) Names() []string { return s.names }

// Closed is true: a name that is not in the set is no model.
func (s *ModelSet) Closed() bool { return true }
