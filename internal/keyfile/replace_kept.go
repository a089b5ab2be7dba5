package keyfile

import (
	"context"
	"fmt"
	"path/filepath"
)

// ReplaceKept is Replace for what takes something away: the old file stays as
// NAME.bak, or the first free of NAME.bak.1, …, and its name is returned. What another
// program wrote after the last check is in that file, and the error says so.
func ReplaceKept(ctx context.Context, path string, old, data []byte, opt WriteOptions) (backup string, err error) {
	defer lockFolder(ctx, filepath.Dir(path))()
	prove := opt.Check
	opt.Force, opt.Check = true, func(readBack []byte) error {
		if prove != nil {
			if err := prove(readBack); err != nil {
				return err
			}
		}
		return unchanged(path, old) // last, for a proof takes time
	}
	if backup, err = Write(ctx, path, data, opt); err != nil {
		return "", err
	}
	if err := unchanged(backup, old); err != nil {
		return backup, fmt.Errorf("%s was changed, and something else wrote to it at the same moment; that is kept in %s", path, backup)
	}
	return backup, nil
}
