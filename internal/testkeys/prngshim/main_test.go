package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// text is the string at an address of the section that starts at section.
func text(t *testing.T, data []byte, address uint32) string {
	t.Helper()
	if address < section || address >= section+uint32(len(data)) {
		t.Fatalf("address %#x is not in the section", address)
	}
	s, _, found := bytes.Cut(data[address-section:], []byte{0})
	if !found {
		t.Fatalf("the string at %#x has no end", address)
	}
	return string(s)
}

func TestImageForwardsOneFunction(t *testing.T) {
	path := filepath.Join(t.TempDir(), library)
	if err := run([]string{path}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 1024 {
		t.Fatalf("size of the file: %v, %v", info, err)
	}
	f, err := pe.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()

	header, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || f.Characteristics&pe.IMAGE_FILE_DLL == 0 {
		t.Fatalf("not a DLL for x86-64: %+v, %T", f.FileHeader, f.OptionalHeader)
	}
	if header.AddressOfEntryPoint != 0 || header.SizeOfCode != 0 || len(f.Sections) != 1 ||
		f.Sections[0].Characteristics != pe.IMAGE_SCN_MEM_READ|pe.IMAGE_SCN_CNT_INITIALIZED_DATA {
		t.Errorf("there is code: entry point %#x, %d bytes, sections %+v", header.AddressOfEntryPoint, header.SizeOfCode, f.Sections)
	}
	directory := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	data, err := f.Sections[0].Data()
	if err != nil {
		t.Fatal(err)
	}
	if directory.VirtualAddress != section || f.Sections[0].VirtualAddress != section || f.Sections[0].VirtualSize != directory.Size {
		t.Fatalf("exports at %+v, section %+v", directory, f.Sections[0].SectionHeader)
	}
	at := func(address uint32) uint32 { return binary.LittleEndian.Uint32(data[address-section:]) }
	field := func(offset uint32) uint32 { return at(section + offset) }
	if got := text(t, data, field(12)); got != library {
		t.Errorf("the library calls itself %q", got)
	}
	if field(16) != 1 || field(20) != 1 || field(24) != 1 {
		t.Errorf("first ordinal, functions, names: %d, %d, %d", field(16), field(20), field(24))
	}
	if got := text(t, data, at(field(32))); got != function {
		t.Errorf("exports %q", got)
	}
	if ordinal := binary.LittleEndian.Uint16(data[field(36)-section:]); ordinal != 0 {
		t.Errorf("ordinal %d of one function", ordinal)
	}
	target := at(field(28))
	if got := text(t, data, target); got != found {
		t.Errorf("forwards to %q", got)
	}
	if target >= section+directory.Size {
		t.Errorf("the address %#x lies outside of the exports, which would make it code", target)
	}
}

func TestUsage(t *testing.T) {
	if run(nil) == nil || run([]string{"a", "b"}) == nil {
		t.Error("takes any number of files")
	}
}
