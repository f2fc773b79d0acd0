// Runs one power tuning experiment on a daemon and prints its result:
//
//     tuning_client SOCKET '{"functionName": "f", "options": {...}}'
//
// Both as the JSON of gantry.v1's StartTuningRequest and TuningRun. For benchmarks in Python, which
// has no gRPC here.
#include "gantry/v1/tuning.pb.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

namespace v1 = gantry::v1;

int main(int argc, char** argv)
{
    v1::StartTuningRequest request;
    if (argc != 3 || !google::protobuf::util::JsonStringToMessage(argv[2], &request).ok()) {
        std::fprintf(stderr, "usage: tuning_client SOCKET 'StartTuningRequest as JSON'\n");
        return 2;
    }
    const auto channel =
        grpc::CreateChannel(std::string("unix:") + argv[1], grpc::InsecureChannelCredentials());
    const grpc::internal::RpcMethod method("/gantry.v1.Tuning/StartTuning",
                                           grpc::internal::RpcMethod::SERVER_STREAMING);
    grpc::ClientContext context;
    const std::unique_ptr<grpc::ClientReader<v1::TuningRun>> runs(
        grpc::internal::ClientReaderFactory<v1::TuningRun>::Create(channel.get(), method, &context,
                                                                   request));
    v1::TuningRun run;
    while (runs->Read(&run)) {
    }
    const grpc::Status status = runs->Finish();
    if (!status.ok()) {
        std::fprintf(stderr, "%s\n", status.error_message().c_str());
        return 1;
    }
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(run, &json, options).ok())
        return 1;
    std::cout << json << "\n";
    return 0;
}
