#pragma once

#include <google/protobuf/descriptor.h>

#include <vector>

namespace gantry::wire {

// The services that are reached over HTTP: those of AWS, and one operation of our own (packages).
std::vector<const google::protobuf::ServiceDescriptor*> awsServices();

// Those and the console's own: what the gRPC socket serves.
std::vector<const google::protobuf::ServiceDescriptor*> allServices();

} // namespace gantry::wire
