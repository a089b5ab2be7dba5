package diagnose

import (
	"strings"
	"testing"

	"sshkeys/internal/agent"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

func publicScenes(t *testing.T) map[string]scene {
	line := string(testkeys.Find(t, "rsa2048", "openssh.pub").Data)
	pub := func(text string) Candidate { return made(t, "id_rsa.pub", FromLog, []byte(text)) }
	given := func(key, file, name string) *Visit {
		return at(locked(t), changed(golden(t, name, FromFlag, key, file), func(c *Candidate) {}))
	}
	// The service's own question: is this the file to register?
	only := func(key, file, service string) *Visit {
		v := at(golden(t, "key.pub", FromFlag, key, file)).with(t, service)
		v.Agents = []agent.Agent{{Name: "ssh-agent", Keys: []agent.Key{{Key: v.Keys[0].Key}}}}
		return v
	}
	options := func(service string) *Visit {
		v := at(locked(t), made(t, "id_rsa.pub", FromFlag, []byte(`command="a" `+line)))
		v.Agents = []agent.Agent{{Name: "ssh-agent", Keys: []agent.Key{{Key: v.Keys[1].Key}}}}
		if service != "" {
			v.with(t, service)
		}
		return v
	}
	return map[string]scene{
		"P01 RFC 4716":             {only("rsa2048", "rfc4716", "ddbj"), []string{"P01 error"}, "P08"},
		"P01 SPKI":                 {only("rsa2048", "spki.pem", "ddbj"), []string{"P01 error"}, ""},
		"P01 the line":             {only("rsa2048", "openssh.pub", "ddbj"), nil, "P01"},
		"P01 unconfirmed":          {only("rsa2048", "rfc4716", "nig"), []string{"P01 info"}, ""},
		"P02 DSA line":             {only("dsa1024", "openssh.pub", "ddbj"), []string{"P02 error"}, "P01"},
		"K10 short line":           {only("rsa1024", "openssh.pub", "ddbj"), []string{"K10 error"}, "P02"},
		"P08 options":              {options("ddbj"), []string{"P08 warning"}, "P01"},
		"P08 options, no service":  {options(""), []string{"P08 info"}, "P03"},
		"P08 certificate":          {only("ed25519", "cert.pub", "ddbj"), []string{"P08 error"}, ""},
		"plain key":                {at(locked(t), pub(line)), nil, "P08"},
		"P03 wrapped":              {at(locked(t), pub(line[:70]+"\n"+line[70:])), []string{"P03 error"}, ""},
		"P03 lost letter":          {at(locked(t), pub(line[1:])), []string{"P03 error"}, ""},
		"P03 joined":               {at(locked(t), pub(strings.TrimSpace(line)+line)), []string{"P03 error"}, ""},
		"P03 full-width blank":     {at(locked(t), pub(strings.Replace(line, " ", "\u3000", 1))), []string{"P03 error"}, ""},
		"P03 UTF-16":               {at(locked(t), made(t, "id_rsa.pub", FromLog, asUTF16([]byte(line[:380]+"\n")))), []string{"P03 error"}, ""},
		"CRLF":                     {at(locked(t), made(t, "id_rsa.pub", FromLog, crlf([]byte(line)))), nil, "P03"},
		"P09 registered":           {at(locked(t), made(t, "pasted", FromRegistered, testkeys.Find(t, "ed25519", "openssh").Data)), []string{"P09 error", "K17 info"}, ""},
		"P09":                      {given("ed25519", "openssh.aes256-ctr", "key.pub"), []string{"P09 warning"}, ""},
		"P09 private in its place": {given("ed25519", "openssh.aes256-ctr", "key"), nil, "P09"},
	}
}

func registeredScenes(t *testing.T) map[string]scene {
	visit := func(registered []string, keys ...Candidate) *Visit {
		v := at(keys...)
		for _, k := range registered {
			v.Registered = append(v.Registered, publicOf(t, k))
		}
		return v
	}
	lab := golden(t, "lab", FromFolder, "rsa2048", "openssh.aes256-ctr")
	held := visit([]string{"rsa2048"}, locked(t), lab)
	held.Agents = []agent.Agent{{Name: "ssh-agent", Keys: []agent.Key{{Key: publicOf(t, "rsa2048")}}}}
	return map[string]scene{
		"registered, offered":         {visit([]string{"ed25519"}, locked(t)), nil, "P07"},
		"P07":                         {visit([]string{"ecdsa256"}, locked(t)), []string{"P07 error", "P04 error"}, ""},
		"P07 one of two":              {visit([]string{"ecdsa256", "ed25519"}, locked(t)), []string{"P07 info"}, "P04"},
		"P04 in the folder":           {visit([]string{"rsa2048"}, locked(t), lab), []string{"P04 error"}, "P07"},
		"P04 in the folder, in agent": {held, nil, "P04"},
		"E04 registered":              {visit([]string{"rsa2048"}, golden(t, "J-DU999991", FromFlag, "rsa2048", "openssh.aes256-ctr")), []string{"E04 warning"}, "P06"},
	}
}

// TestRegisteredIsNamed: among ten keys the one that is registered is named.
func TestRegisteredIsNamed(t *testing.T) {
	v := at(locked(t))
	for _, key := range []string{"ecdsa256", "ecdsa384", "ecdsa521", "rsa1024", "rsa3072", "ed25519-leadingzero", "rsa-aligned", "ecdsa256-leadingzero", "rsa2048"} {
		v.Keys = append(v.Keys, golden(t, key, FromFolder, key, "openssh.aes256-ctr"))
	}
	v.Registered = []*keytool.Key{publicOf(t, "ecdsa384")}
	for _, f := range pairChecks(v) {
		if f.Code == "P04" && f.File == sshFolder+"ecdsa384" && f.Hint == "ssh -i "+sshFolder+"ecdsa384 alice@host" {
			return
		}
	}
	t.Errorf("got %+v", pairChecks(v))
}
