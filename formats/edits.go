package formats

import (
	"cmp"
	"slices"
)

// Edit is something that Mend undid in a file's text, and where: from Line to Last
// of the file as it came, 1-based. The same in several lines is one edit.
type Edit struct {
	Line   int
	Defect Defect
	Last   int
}

// edit is an edit before its lines are known: the places, in the file, of its first
// and last byte.
type edit struct {
	defect      Defect
	first, last int32
}

// editsOf are the edits by line, each defect once.
func editsOf(found []edit, ends lineEnds) []Edit {
	var all []Edit
	for _, e := range found {
		one := Edit{ends.line(e.first), e.defect, ends.line(max(e.first, e.last))}
		i := slices.IndexFunc(all, func(o Edit) bool { return o.Defect == e.defect })
		if i < 0 {
			all = append(all, one)
			continue
		}
		all[i].Line, all[i].Last = min(all[i].Line, one.Line), max(all[i].Last, one.Last)
	}
	slices.SortStableFunc(all, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Defect, b.Defect))
	})
	return all
}
