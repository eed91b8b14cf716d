package graph

import (
	"reflect"
	"slices"
)

// Snapshot copies v as far as the one who made it could change it afterwards: maps,
// lists, what pointers point at. What the fields of a struct share stays shared. Where
// a value holds itself, the copy holds a value that no parameter takes.
func Snapshot(v any) any { return snapshot(v, nil) }

// holdsItself stands for a value inside itself: of a type that is none of a column.
type holdsItself func()

// snapshot copies v; within are the maps, lists and pointers that v stands in.
func snapshot(v any, within []uintptr) any {
	switch x := v.(type) {
	case nil, bool, string, int, int64, float64:
		return v
	case InputValue:
		if x.def != nil {
			def := snapshot(*x.def, within)
			x.def = &def
		}
		return x
	}
	return copied(reflect.ValueOf(v), within).Interface()
}

func copied(v reflect.Value, within []uintptr) reflect.Value {
	switch v.Kind() {
	case reflect.Interface, reflect.Map, reflect.Slice, reflect.Pointer:
		if v.IsNil() {
			return v
		}
	}
	if shares(v.Kind()) {
		if slices.Contains(within, v.Pointer()) {
			return reflect.Zero(v.Type())
		}
		within = append(slices.Clip(within), v.Pointer())
	}
	switch v.Kind() {
	case reflect.Interface:
		out := reflect.New(v.Type()).Elem()
		if in := v.Elem(); shares(in.Kind()) && slices.Contains(within, in.Pointer()) && reflect.TypeFor[holdsItself]().AssignableTo(v.Type()) {
			out.Set(reflect.ValueOf(holdsItself(nil)))
		} else {
			out.Set(reflect.ValueOf(snapshot(in.Interface(), within)))
		}
		return out
	case reflect.Map:
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), copied(it.Value(), within))
		}
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(out, v)
		copyItems(out, within)
		return out
	case reflect.Array:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		copyItems(out, within)
		return out
	case reflect.Pointer:
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(copied(v.Elem(), within))
		return out.Convert(v.Type())
	}
	return v
}

// shares reports whether values of a kind share what they hold.
func shares(k reflect.Kind) bool {
	return k == reflect.Map || k == reflect.Slice || k == reflect.Pointer
}

// copyItems copies what the items of a list that is copied itself can share.
func copyItems(list reflect.Value, within []uintptr) {
	switch k := list.Type().Elem().Kind(); {
	case shares(k), k == reflect.Interface, k == reflect.Array:
		for i := range list.Len() {
			list.Index(i).Set(copied(list.Index(i), within))
		}
	}
}
