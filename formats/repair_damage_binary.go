package formats

import "bytes"

// binaryDamage says where data is damaged that is no text: a binary key's place is in
// bytes. A text with a control character in it only looks like binary data.
func binaryDamage(data []byte, err error) error {
	if err == nil || cannotMend(err) {
		return err
	}
	if e := controlCharacter(data); e != nil {
		e.Err = err
		return e
	}
	in := normalise(data)
	f := detect(in)
	if f == nil || in.text != nil || isPPK(f.ID) {
		return err
	}
	w := &wreck{id: f.ID, err: err, parts: []bodyPart{{announced: -1, raw: data}}}
	w.dissect(&w.parts[0])
	found := w.structure()
	if found == nil {
		found = w.numbers()
	}
	e := found.damage
	e.Format, e.Err, e.Offset, e.Until = f.ID, err, int(found.first), int(found.last)+1
	return &e
}

// controlCharacter finds what makes a key's text look like binary data: binary files
// have more of them.
func controlCharacter(data []byte) *DamageError {
	const most = 4
	text, count, first := bytes.Clone(data), 0, 0
	for i, c := range data {
		if looksLikeText([]byte{c, '.'}) {
			continue
		}
		if count++; count == 1 {
			first = i
		}
		text[i] = '?'
	}
	start, _, ok := plainText(traceOf(text))
	if count == 0 || count > most || !ok {
		return nil
	}
	f := detect(normalise(start.b))
	if f == nil {
		f = markedFormat(start)
	}
	if f == nil {
		return nil
	}
	place := int32(first)
	line := lineEndsOf(start).line(place)
	return &DamageError{Format: f.ID, Line: line, Last: line, Column: column(start, place), Reason: "a control character stands there"}
}

// markedFormat is the format of a text of which a mark was hit.
func markedFormat(start trace) *Format {
	for _, r := range armourReadings(start) {
		if f := detect(normalise(r.b)); f != nil {
			return f
		}
	}
	for _, r := range ppkReadings(start) {
		if f := detect(normalise(r.b)); f != nil {
			return f
		}
	}
	return nil
}

// dropbear follows Dropbear's private key: the public blob, and what is private.
func (a *anatomy) dropbear() {
	const part = "key"
	alg, _ := a.keyType(part)
	if alg == nil {
		return
	}
	switch roles := privateRoles(alg.Family); {
	case len(roles) == 0:
		a.seeds(part, alg.Family)
	default:
		a.numbers(part, alg, append(publicRoles(alg.Family), roles...))
	}
}
