// A place that is reserved for examples: nobody owns it, and no tool asks it for anything. A module
// that uses this one says where it lies:
//
//	require example.com/agent-contract v0.1.0
//	replace example.com/agent-contract => ../path/to/generated/go
//
// Whoever publishes it puts a path of their own here and in buf.gen.yaml.
module example.com/agent-contract

go 1.24.0

require (
	google.golang.org/grpc v1.79.3
	google.golang.org/protobuf v1.36.12
)

require (
	golang.org/x/net v0.48.0 // indirect
	golang.org/x/sys v0.39.0 // indirect
	golang.org/x/text v0.32.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20251202230838-ff82c1b0f217 // indirect
)
