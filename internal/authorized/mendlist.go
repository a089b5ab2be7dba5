package authorized

import "sshkeys/formats"

func mendList(data []byte) ([]byte, []formats.Edit) { return formats.MendList(data) }
