package inspector

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A Question is one that can be asked by its name, as the command line and editors do.
type Question struct {
	Name string   // "traceParameter"
	Says string   // what the answer is, in a sentence
	Args []string // their names, in order; one that ends in ? may be left out
	ask  func(i *Inspector, args map[string]string) (any, error)
}

// sure is a question that has an answer whatever is asked.
func sure[T any](name, says string, answer func(*Inspector) T) Question {
	return Question{Name: name, Says: says, ask: func(i *Inspector, _ map[string]string) (any, error) { return answer(i), nil }}
}

// about is a question about one thing.
func about[T any](name, says, arg string, answer func(*Inspector, string) (T, error)) Question {
	return Question{Name: name, Says: says, Args: []string{arg}, ask: func(i *Inspector, args map[string]string) (any, error) {
		return answer(i, args[strings.TrimSuffix(arg, "?")])
	}}
}

// between is a question about two things.
func between[T any](name, says, first, second string, answer func(*Inspector, string, string) (T, error)) Question {
	return Question{Name: name, Says: says, Args: []string{first, second}, ask: func(i *Inspector, args map[string]string) (any, error) {
		return answer(i, args[first], args[strings.TrimSuffix(second, "?")])
	}}
}

// Questions are all of them, by subject.
var Questions = []Question{
	sure("connections", "All connections, with the types at their ends and what is wrong with each.", (*Inspector).Connections),
	sure("brokenConnections", "The connections that the rules refuse.", (*Inspector).BrokenConnections),
	about("connectionsOf", "The connections into and out of a node.", "node", (*Inspector).ConnectionsOf),
	sure("connectionCycles", "The circles of nodes that wait for each other.", (*Inspector).ConnectionCycles),
	between("pathBetween", "A shortest chain of connections from one node to another.", "from", "to", (*Inspector).PathBetween),
	sure("unusedOutputs", "The outputs that no connection takes.", (*Inspector).UnusedOutputs),

	between("traceParameter", "Where a parameter's value comes from, step by step.", "node", "parameter", (*Inspector).TraceParameter),
	about("parameterLineage", "Where the value of each parameter of a node comes from.", "node", (*Inspector).ParameterLineage),
	between("parameterSource", "The place where a parameter's value begins.", "node", "parameter", (*Inspector).ParameterSource),
	between("parameterConsumers", "The connections that take an output, and those that what they feed gives on.", "node", "output?", (*Inspector).ParameterConsumers),
	sure("missingParameters", "The required parameters that nothing gives.", (*Inspector).MissingParameters),
	sure("inputs", "The values that are given when the workflow runs, and what each feeds.", (*Inspector).Inputs),

	sure("nodes", "All nodes, with what they wait for and what waits for them.", (*Inspector).Nodes),
	about("node", "One node.", "node", (*Inspector).Node),
	about("nodesOfType", "The nodes of a type, of a model, or of an operation.", "name", func(i *Inspector, name string) ([]string, error) { return i.NodesOfType(name), nil }),
	about("nodeSchema", "What a node accepts and yields, and what of it is given and taken.", "node", (*Inspector).NodeSchema),
	about("upstream", "The nodes that a node waits for, directly or not.", "node", (*Inspector).Upstream),
	about("downstream", "The nodes that wait for a node, directly or not.", "node", (*Inspector).Downstream),
	sure("entryNodes", "The nodes that wait for none.", (*Inspector).EntryNodes),
	sure("exitNodes", "The nodes that none waits for.", (*Inspector).ExitNodes),
	sure("isolatedNodes", "The nodes that are tied to no other.", (*Inspector).IsolatedNodes),

	sure("executionOrder", "An order in which the nodes can run.", (*Inspector).ExecutionOrder),
	sure("levels", "The nodes that can run side by side, level by level.", (*Inspector).Levels),
	sure("criticalPath", "A longest chain of nodes that wait for each other.", (*Inspector).CriticalPath),
	sure("transactions", "The transaction blocks and their nodes.", (*Inspector).Transactions),
	sure("models", "The models that the workflow works on, and which nodes read and write them.", (*Inspector).Models),
	sure("metrics", "How many nodes, levels and inputs there are, and whether all was seen.", (*Inspector).Metrics),

	sure("validate", "What all rules say of the workflow.", (*Inspector).Validate),
	sure("validateConnections", "What the rules say of its connections.", (*Inspector).ValidateConnections),
	about("validateNode", "What the rules say of a node and its parameters.", "node", (*Inspector).ValidateNode),
	sure("validateStructure", "What the rules say of ids, circles and transactions.", (*Inspector).ValidateStructure),
	sure("strict", "What strict mode says besides.", (*Inspector).Strict),

	about("draw", "The workflow as mermaid, dot, svg or text.", "format", func(i *Inspector, format string) (string, error) {
		if !slices.Contains(Formats, format) {
			return "", invalid("there is no format %q: use %s", format, strings.Join(Formats, ", "))
		}
		return i.Draw(format), nil
	}),
}

func invalid(format string, args ...any) error {
	return errcatalog.New(errcatalog.Finding{Code: errcatalog.DF411, Message: fmt.Sprintf(format, args...)})
}

// Ask answers a question by its name, with arguments by theirs. DF-411 for a question
// that there is not, or an argument that is missing or not known.
func (i *Inspector) Ask(question string, args map[string]string) (any, error) {
	k := slices.IndexFunc(Questions, func(q Question) bool { return q.Name == question })
	if k < 0 {
		names := QuestionNames()
		if near := errcatalog.Nearest(question, names); near != "" {
			return nil, invalid("there is no question %q; did you mean %q?", question, near)
		}
		return nil, invalid("there is no question %q: use %s", question, strings.Join(names, ", "))
	}
	q := Questions[k]
	for _, arg := range q.Args {
		if _, ok := args[strings.TrimSuffix(arg, "?")]; !ok && !strings.HasSuffix(arg, "?") {
			return nil, invalid("the question %s needs the argument %s", q.Name, arg)
		}
	}
	for name := range args {
		if !slices.ContainsFunc(q.Args, func(arg string) bool { return strings.TrimSuffix(arg, "?") == name }) {
			return nil, invalid("%s takes no %q: it takes %s", q.Name, name, strings.Join(append([]string{"nothing else"}, q.Args...), ", "))
		}
	}
	return q.ask(i, args)
}

// QuestionNames lists the questions in the order of Questions.
func QuestionNames() []string {
	names := make([]string, len(Questions))
	for k, q := range Questions {
		names[k] = q.Name
	}
	return names
}
