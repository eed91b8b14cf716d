package errcatalog

// Entry is one code of the catalogue, as catalog.yaml has it. Summary, Causes
// and Solutions are text/template sources over Details.
type Entry struct {
	Code      Code       `yaml:"code"`
	Title     string     `yaml:"title"`
	Category  string     `yaml:"category"` // "parameter", "connection", …
	Severity  Severity   `yaml:"severity"`
	Static    bool       `yaml:"static"` // reported from source
	Runtime   bool       `yaml:"run"`    // returned by the builder or the engine
	Fix       string     `yaml:"fix"`    // what the quick fix does; empty where there is none
	Summary   string     `yaml:"summary"`
	Causes    []string   `yaml:"causes"`
	Solutions []Solution `yaml:"solutions"`
	Sample    Details    `yaml:"sample"` // what the docs page and `explain` fill the templates with
}
