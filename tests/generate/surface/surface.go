// Prints the exported names of stubs of Go, without documentation and bodies.
//
// Usage: go run surface.go -- FILE...
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"log"
	"os"
	"strings"
)

func main() {
	for _, path := range os.Args[2:] {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			log.Fatal(err)
		}
		ast.FileExports(file)
		fmt.Printf("=== %s\n", path)
		for _, declaration := range file.Decls {
			printExported(files, declaration)
		}
	}
}

// printExported prints a declaration; imports are nobody's to use, and of a function its body is
// left out.
func printExported(files *token.FileSet, declaration ast.Decl) {
	switch it := declaration.(type) {
	case *ast.FuncDecl:
		it.Body = nil
	case *ast.GenDecl:
		if it.Tok == token.IMPORT {
			return
		}
	}
	var text strings.Builder
	if err := printer.Fprint(&text, files, declaration); err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(text.String() + "\n") {
		// Where documentation was, there is an empty line now.
		if strings.TrimSpace(line) != "" {
			fmt.Print(line)
		}
	}
}
