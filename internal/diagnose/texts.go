package diagnose

import (
	"sshkeys/internal/catalog"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// PermsText gives what perms says the form of all other texts; the catalogue has
// each of its ids.
func PermsText(t perms.Text) catalog.Text {
	return texts(t.ID, t.Values)
}

// PurposeText gives what keytool says of a purpose the form of all other texts;
// the catalogue has each of its ids.
func PurposeText(t keytool.Text) catalog.Text {
	return texts(t.ID, t.Values)
}

// texts turns the texts among the values too. Titles of formats come in English.
func texts(id string, values map[string]any) catalog.Text {
	if id == "" {
		return catalog.Text{}
	}
	same := catalog.Text{ID: id, Values: map[string]any{}}
	for blank, value := range values {
		switch v := value.(type) {
		case perms.Text:
			same.Values[blank] = PermsText(v)
		case keytool.Text:
			same.Values[blank] = PurposeText(v)
		case string:
			same.Values[blank] = v
			if blank == "format" {
				same.Values[blank] = reason(v)
			}
		default:
			same.Values[blank] = v
		}
	}
	return same
}
