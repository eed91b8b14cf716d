package errcatalog

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Nearest returns the name that was probably meant by s, or "" when none is near
// enough to suggest: equal but for case and separators, within an edit distance
// of a third of its length, or the only one that starts with it. Of equally near
// names the first wins.
func Nearest(s string, names []string) string {
	if s == "" {
		return ""
	}
	fs := fold(s)
	best, bestDistance := "", max(1, utf8.RuneCountInString(fs)/3)+1
	for _, name := range names {
		fn := fold(name)
		if fn == fs {
			return name
		}
		if d := distance(fs, fn, bestDistance); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	if best == "" && len(fs) >= 3 {
		return onlyPrefixed(fs, names)
	}
	return best
}

// onlyPrefixed is the one name that starts with the folded prefix, or "".
func onlyPrefixed(prefix string, names []string) string {
	found := ""
	for _, name := range names {
		if strings.HasPrefix(fold(name), prefix) {
			if found != "" {
				return ""
			}
			found = name
		}
	}
	return found
}

// SortNearest returns names with the ones nearest to s first.
func SortNearest(s string, names []string) []string {
	fs := fold(s)
	far := make(map[string]int, len(names)) // measured once, not at every comparison
	for _, name := range names {
		far[name] = distance(fs, fold(name), 1<<20)
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return far[a] - far[b] })
	return sorted
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

func fold(s string) string { return strings.ToLower(separators.Replace(s)) }

// distance is the optimal string alignment distance (insert, delete, replace,
// swap of neighbours), or limit when it is at least that.
func distance(a, b string, limit int) int {
	ra, rb := []rune(a), []rune(b)
	if d := len(ra) - len(rb); d >= limit || -d >= limit {
		return limit
	}
	prev2, prev, cur := make([]int, len(rb)+1), make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		cur[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return min(prev[len(rb)], limit)
}
