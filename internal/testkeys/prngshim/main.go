// Prngshim writes the DLL that Go programs ask Windows for random bytes with, for
// Wine 8, which has none: without it every Go program ends before main. Nothing
// but the tests under Wine (.ci/wine) has a use for it.
//
//	prngshim PREFIX/drive_c/windows/system32/bcryptprimitives.dll
package main

import (
	"encoding/binary"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		panic(err)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: prngshim FILE")
	}
	return os.WriteFile(args[0], image(), 0o644)
}

// The library has one section, the export table, and no code: its one function is
// found in another library.
const (
	library  = "bcryptprimitives.dll"
	function = "ProcessPrng"
	found    = "ADVAPI32.SystemFunction036" // RtlGenRandom: the same parameters, and true for success

	align   = 0x200  // of the headers and the section in the file
	section = 0x1000 // address of the section, from where the library is loaded
)

// image is the library as a PE32+ file of 1 KiB ("PE Format", Microsoft's
// description of portable executables).
func image() []byte {
	table := exports()
	b := make([]byte, 0, 2*align)
	b = dosHeader(b)
	b = fileHeader(b)
	b = optionalHeader(b, len(table))
	b = sectionHeader(b, len(table))
	return pad(append(pad(b, align), table...), 2*align)
}

func dosHeader(b []byte) []byte {
	b = pad(append(b, "MZ"...), 0x3c)
	return le32(b, 0x40) // the PE header follows at once
}

func fileHeader(b []byte) []byte {
	b = append(b, "PE\x00\x00"...)
	b = le16(b, 0x8664, 1)      // x86-64, one section
	b = le32(b, 0, 0, 0)        // no time, no symbols
	return le16(b, 240, 0x2022) // size of the optional header; executable, large addresses, DLL
}

func optionalHeader(b []byte, exportSize int) []byte {
	b = le16(b, 0x20b, 0)                   // PE32+, linker version
	b = le32(b, 0, align, 0, 0, section)    // sizes of code and data, no entry point, base of code
	b = le64(b, 0x1_8000_0000)              // where it likes to be loaded
	b = le32(b, 0x1000, align)              // alignment in memory and in the file
	b = le16(b, 6, 0, 0, 0, 6, 0)           // version of Windows, of the image, of the subsystem
	b = le32(b, 0, 2*section, align, 0)     // size in memory, of the headers; no checksum
	b = le16(b, 3, 0x160)                   // console; may lie anywhere, no code in its data
	b = le64(b, 1<<20, 1<<12, 1<<20, 1<<12) // stack and heap
	b = le32(b, 0, 16)                      // 16 data directories, of which the first is the exports
	b = le32(b, section, uint32(exportSize))
	return append(b, make([]byte, 15*8)...)
}

func sectionHeader(b []byte, size int) []byte {
	b = append(b, ".edata\x00\x00"...)
	b = le32(b, uint32(size), section, align, align) // size and place in memory, in the file
	b = le32(b, 0, 0, 0)                             // no relocations, no line numbers
	return le32(b, 0x4000_0040)                      // data that is read
}

// exports is the section: directory, the three tables of one entry each, names. An
// address inside of the section itself means a name in another library.
func exports() []byte {
	const (
		addresses = section + 40
		names     = addresses + 4
		ordinals  = names + 4
		dllName   = ordinals + 4
		funcName  = dllName + len(library) + 1
		forward   = funcName + len(function) + 1
	)
	b := le32(nil, 0, 0, 0, dllName)
	b = le32(b, 1, 1, 1, addresses, names, ordinals) // first ordinal, one address, one name
	b = le32(b, uint32(forward), uint32(funcName))
	b = le16(b, 0, 0)
	return append(b, library+"\x00"+function+"\x00"+found+"\x00"...)
}

func le16(b []byte, values ...uint16) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

func le32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func le64(b []byte, values ...uint64) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

func pad(b []byte, size int) []byte { return append(b, make([]byte, size-len(b))...) }
