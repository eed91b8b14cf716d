// Package model describes a user's structs: what columns a model has, what its
// node types accept and what they yield.
//
// A Model is made from a struct by reflection (FromStruct) or from source by
// go/types (FromTypes); both read the struct through one description, so they
// agree. ContractOf derives from a Model what each of the eleven operations
// accepts and yields; the builder, the engine, the analyser and the docs all use
// that one answer.
package model
