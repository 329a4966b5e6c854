// Reads the witnesses of proofs with Go's protobuf, its JSON included.
//
// Reads a JSON object per line: the images of writer and reader, the names of the types, the value
// that is written as text and as bytes or JSON, and the text of what the witness says Go reads (null
// if it refuses the message). Prints null for each, or what differs.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type witness struct {
	Writer  string  `json:"writer"`
	Reader  string  `json:"reader"`
	Message string  `json:"message"`
	ReadAs  string  `json:"read_as"`
	Written string  `json:"written"`
	Bytes   *string `json:"bytes"`
	JSON    *string `json:"json"`
	Read    *string `json:"read"`
}

var images = map[string]*protoregistry.Files{}

func files(image string) *protoregistry.Files {
	if images[image] == nil {
		content, err := os.ReadFile(image)
		check(err)
		set := &descriptorpb.FileDescriptorSet{}
		check(proto.Unmarshal(content, set))
		// Enums and messages are what the schema says, not what the program was built with.
		made, err := protodesc.NewFiles(set)
		check(err)
		images[image] = made
	}
	return images[image]
}

func message(image, name string) *dynamicpb.Message {
	found, err := files(image).FindDescriptorByName(protoreflect.FullName(name))
	check(err)
	return dynamicpb.NewMessage(found.(protoreflect.MessageDescriptor))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// discard removes what the reader does not know, in all messages.
func discard(of protoreflect.Message) {
	of.SetUnknown(nil)
	of.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
					discard(value.Message())
					return true
				})
			}
		case field.Message() == nil:
		case field.IsList():
			for at := range value.List().Len() {
				discard(value.List().Get(at).Message())
			}
		default:
			discard(value.Message())
		}
		return true
	})
}

// differsInDefault compares the default of a field with the text "# `a` is unset: 1".
func differsInDefault(image, name, text string) any {
	parts := strings.Split(text, "`")
	field := message(image, name).Descriptor().Fields().ByName(protoreflect.Name(parts[1]))
	expected := strings.TrimPrefix(parts[2], " is unset: ")
	if found := field.Default().String(); found != expected {
		return fmt.Sprintf("the default of %s is %s", parts[1], found)
	}
	return nil
}

func differs(of witness) any {
	if strings.HasPrefix(of.Written, "# ") {
		if found := differsInDefault(of.Writer, of.Message, of.Written); found != nil {
			return found
		}
		return differsInDefault(of.Reader, of.ReadAs, *of.Read)
	}
	read := message(of.Reader, of.ReadAs)
	types := dynamicpb.NewTypes(files(of.Reader))
	var err error
	if of.JSON != nil {
		err = protojson.UnmarshalOptions{Resolver: types}.Unmarshal([]byte(*of.JSON), read)
	} else {
		content, wrong := hex.DecodeString(*of.Bytes)
		check(wrong)
		err = proto.UnmarshalOptions{Resolver: types}.Unmarshal(content, read)
	}
	switch {
	case of.Read == nil && err == nil:
		return fmt.Sprintf("Go reads it: %v", read)
	case of.Read == nil:
		return nil
	case err != nil:
		return fmt.Sprintf("Go refuses it: %v", err)
	}
	discard(read)
	expected := message(of.Reader, of.ReadAs)
	text := prototext.UnmarshalOptions{Resolver: types, AllowPartial: true}
	if err := text.Unmarshal([]byte(*of.Read), expected); err != nil {
		return fmt.Sprintf("Go cannot parse %s: %v", *of.Read, err)
	}
	if !proto.Equal(read, expected) {
		return fmt.Sprintf("Go reads %v", read)
	}
	return nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		of := witness{}
		check(json.Unmarshal(lines.Bytes(), &of))
		answer, err := json.Marshal(differs(of))
		check(err)
		fmt.Println(string(answer))
	}
	check(lines.Err())
}
