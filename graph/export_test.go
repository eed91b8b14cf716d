package graph

import "encoding/json"

// HashOfPlan is the hash that a plan needs to be read; "" for what is no plan.
func HashOfPlan(data []byte) string {
	var f planFile
	if json.Unmarshal(data, &f) != nil {
		return ""
	}
	hash, err := f.hash()
	if err != nil {
		return ""
	}
	return hash
}
