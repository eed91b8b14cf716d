package model

// An Operation is one of the eleven things a model's nodes do.
type Operation string

// The operations. The node type is Model + Operation + "Node".
const (
	Create     Operation = "Create"
	Read       Operation = "Read"
	Update     Operation = "Update"
	Delete     Operation = "Delete"
	List       Operation = "List"
	Count      Operation = "Count"
	Upsert     Operation = "Upsert"
	BulkCreate Operation = "BulkCreate"
	BulkUpdate Operation = "BulkUpdate"
	BulkDelete Operation = "BulkDelete"
	BulkUpsert Operation = "BulkUpsert"
)

// Operations lists all of them in the order of the docs.
var Operations = []Operation{Create, Read, Update, Delete, List, Count, Upsert, BulkCreate, BulkUpdate, BulkDelete, BulkUpsert}

// A Shape is the form of a parameter.
type Shape uint8

// The shapes of parameters.
const (
	ShapeValue   Shape = iota // one value of Param.Type
	ShapeFilter               // conditions on columns: {"age": {"$gte": 18}, "$or": […]}
	ShapeFields               // column → value to write: Update.fields, Upsert.create
	ShapeWhere                // column → value, equalities only: Upsert.where
	ShapeRows                 // list of rows to write: BulkCreate.data
	ShapeColumns              // list of column names: List.fields, conflict_on
	ShapeOrder                // list of column names, "-" for descending: order_by
	ShapeKeys                 // list of primary keys: BulkDelete.ids
)

// A Param is one parameter or output of a contract.
type Param struct {
	Name     string
	Shape    Shape
	Type     Type
	Required bool
	Default  string   // as Go source, for docs; "" where there is none
	Enum     []string // the only values, where there are few
	Field    *Field   // the model's field behind a column parameter, or nil
	NoUse    string   // why this model has no use for it (DF-115): "User is not softdelete"
	Doc      string   // one sentence
}

// A Contract is what a node type accepts and yields. It is derived from the
// model in one place, ContractOf, and immutable.
type Contract struct {
	NodeType  string
	Model     *Model // nil for control nodes
	Operation Operation
	Params    []Param
	Outputs   []Param
	// Open says that any input is accepted and any output may be yielded:
	// function and control nodes.
	OpenInputs  bool
	OpenOutputs bool
}
