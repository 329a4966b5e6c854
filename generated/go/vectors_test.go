package contract_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "example.com/agent-contract/internal/vectors/proto2"
	_ "example.com/agent-contract/internal/vectors/proto3"
)

// A vector is a message as bytes and as JSON; `tests/vectors/mod.rs` says what its keys mean.
type vector struct {
	Name, Message, Bytes string
	Known                *string
	JSON                 json.RawMessage
}

// The stubs read and write the vectors that every language reads and writes.
func TestVectors(t *testing.T) {
	file, err := os.Open("../../tests/vectors/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	count := 0
	for ; lines.Scan(); count++ {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		v.check(t)
	}
	if lines.Err() != nil || count < 1600 {
		t.Fatalf("read %d vectors: %v", count, lines.Err())
	}
	t.Logf("read %d vectors", count)
}

func (v vector) check(t *testing.T) {
	fail := func(what string, details ...any) {
		t.Errorf("%s, %s: %s %v", v.Message, v.Name, what, details)
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(v.Message))
	if err != nil {
		fail("import its package", err)
		return
	}
	encoded := unhex(t, v.Bytes)
	message := kind.New().Interface()
	if err := proto.Unmarshal(encoded, message); err != nil {
		fail("is not read", err)
		return
	}
	if written, err := proto.Marshal(message); err != nil || !isSame(kind, written, encoded) {
		fail("is written as", hex.EncodeToString(written), err)
	}
	written, err := protojson.Marshal(message)
	if err != nil || !same(parse(t, written), parse(t, v.JSON)) {
		fail("is in JSON", string(written), err)
	}
	known := encoded
	if v.Known != nil {
		known = unhex(t, *v.Known)
	}
	read := kind.New().Interface()
	if err := protojson.Unmarshal(v.JSON, read); err != nil {
		fail("is not read from JSON", err)
		return
	}
	// Of the many numbers that are none, Go makes another one of "NaN" than the others do.
	goNaN, NaN := unhex(t, "010000000000f87f"), unhex(t, "000000000000f87f")
	written, err = proto.Marshal(read)
	if written = bytes.ReplaceAll(written, goNaN, NaN); err != nil || !isSame(kind, written, known) {
		fail("is written after JSON as", hex.EncodeToString(written), err)
	}
}

func unhex(t *testing.T, text string) []byte {
	decoded, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// isSame tells whether bytes are the same but for their order, and the same message: Go writes the
// fields of a oneof last, and every runtime has its own order for the entries of maps.
func isSame(kind protoreflect.MessageType, a, b []byte) bool {
	sorted := func(encoded []byte) []byte {
		encoded = bytes.Clone(encoded)
		slices.Sort(encoded)
		return encoded
	}
	one, other := kind.New().Interface(), kind.New().Interface()
	err := errors.Join(proto.Unmarshal(a, one), proto.Unmarshal(b, other))
	return err == nil && proto.Equal(one, other) && bytes.Equal(sorted(a), sorted(b))
}

func parse(t *testing.T, text []byte) any {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// same tells whether JSON means the same: a `float` may be written with more digits or fewer.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		for key, value := range a {
			other, there := b[key]
			ok = ok && there && same(value, other)
		}
		return ok && len(a) == len(b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case float64:
		b, ok := b.(float64)
		single := float32(a)
		isSingle := single != 0 && !math.IsInf(float64(single), 0)
		return ok && (a == b || isSingle && single == float32(b))
	default:
		return a == b
	}
}
