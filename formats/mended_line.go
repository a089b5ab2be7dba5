package formats

// linesOf are the lines of the file that the lines of a text begin in.
func (e lineEnds) linesOf(t trace) []int {
	var numbers []int
	for _, line := range t.lines() {
		numbers = append(numbers, e.line(line.place(0)))
	}
	return numbers
}

// FileLine is the line, 1-based, of the file as it came that the n-th line of Mended
// begins in; n itself where there is none.
func (e *Envelope) FileLine(n int) int {
	if n < 1 || n > len(e.lines) {
		return n
	}
	return e.lines[n-1]
}
