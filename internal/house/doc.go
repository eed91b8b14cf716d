// Package house holds the tests of what the whole module keeps: which package may
// import which, and which dependency belongs to whom.
package house
