package formats

import "sshkeys/keytool"

// datasetAlgorithm is what every key of a dataset format is.
const datasetAlgorithm = "x25519"

// doubleUse is said where a login key becomes a dataset key.
const doubleUse = "an X25519 key is computed from the Ed25519 login key: one secret then both logs in and decrypts data, and who has either file has both"

// In gives the key as a file of the format holds it: an Ed25519 login key written
// in a dataset format becomes the X25519 key computed from it, every other key
// stays what it is. Fit tells that beforehand as the loss of its type.
func In(id ID, k *keytool.Key) (*keytool.Key, error) {
	if f := Lookup(id); f == nil || !f.Dataset {
		return k, nil
	}
	return keytool.ToX25519(k)
}

// fitDataset is the fit of the formats of dataset keys.
func fitDataset(id ID, k *keytool.Key, comment bool) ([]Loss, error) {
	losses, err := fitTo(id, k, comment, false, keytool.X25519, keytool.Ed25519)
	if err != nil {
		return nil, &CannotHoldError{id, "a key of type " + k.Algorithm().Name + ": of login keys only Ed25519 turn into dataset keys"}
	}
	if k.Algorithm().Dataset() {
		return losses, nil
	}
	if _, err := keytool.ToX25519(k.Public()); err != nil {
		return nil, wireError(id, "Ed25519 key", err)
	}
	return append(losses, Loss{"type", doubleUse}), nil
}

// datasetInClear is the envelope of a private key that is not encrypted.
func datasetInClear(id ID, scalar []byte, comment string) (*Envelope, error) {
	key, err := keytool.NewX25519(scalar, comment)
	if err != nil {
		return nil, wireError(id, "private key", err)
	}
	return &Envelope{
		Format: id, Kind: KindDatasetPrivate, Algorithm: datasetAlgorithm, Public: key.Public(),
		open: func([]byte) (*keytool.Key, error) { return key, nil },
	}, nil
}

func datasetPublic(id ID, k *keytool.Key) *Envelope {
	return &Envelope{Format: id, Kind: KindDatasetPublic, Algorithm: datasetAlgorithm, Public: k}
}

// PublicBeside is the format of the public half that a tool keeps beside a
// private key of the format.
func PublicBeside(private ID) ID {
	switch private {
	case Crypt4GH, Crypt4GHPublic:
		return Crypt4GHPublic
	case Age, AgePublic:
		return AgePublic
	}
	return OpenSSHPublic
}

// PublicText is the public half on one line, as it is pasted: an OpenSSH line; of
// a dataset key the recipient where it came from an age file, and the base64 of
// its 32 bytes otherwise, which is the middle line of a Crypt4GH public key.
func PublicText(from ID, k *keytool.Key) string {
	switch {
	case !k.Algorithm().Dataset():
		return AuthorizedLine(k)
	case PublicBeside(from) == AgePublic:
		return ageRecipient(k)
	}
	return base64Text(k.Blob())
}
