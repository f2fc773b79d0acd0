#pragma once

#include "backend/api/operation_table.h"

#include <absl/status/statusor.h>
#include <google/protobuf/empty.pb.h>

#include <functional>
#include <utility>

// Registers operations whose implementation is a store's member function of the same request and
// response.
namespace gantry::api {

// What the store answers at once.
template <class Store, class Request, class Response>
void onRead(OperationTable& table, Store& store,
            absl::StatusOr<Response> (Store::*read)(const Request&) const)
{
    table.on<Request, Response>([&store, read](const CallPtr&, const Request& request,
                                               const Reply<Response>& reply) {
        reply((store.*read)(request));
    });
}

template <class Store, class Request, class Response>
void onRead(OperationTable& table, Store& store,
            absl::StatusOr<Response> (Store::*read)(const Request&))
{
    table.on<Request, Response>([&store, read](const CallPtr&, const Request& request,
                                               const Reply<Response>& reply) {
        reply((store.*read)(request));
    });
}

// What it answers after its commit.
template <class Store, class Request, class Response>
void onChange(OperationTable& table, Store& store,
              void (Store::*change)(const Request&,
                                    std::function<void(absl::StatusOr<Response>)>))
{
    table.on<Request, Response>(
        [&store, change](const CallPtr&, const Request& request, Reply<Response> reply) {
            (store.*change)(request, std::move(reply));
        });
}

// The same without a response message.
template <class Store, class Request>
void onChange(OperationTable& table, Store& store,
              void (Store::*change)(const Request&, std::function<void(absl::Status)>))
{
    table.on<Request, google::protobuf::Empty>(
        [&store, change](const CallPtr&, const Request& request,
                         Reply<google::protobuf::Empty> reply) {
            (store.*change)(request, [reply = std::move(reply)](const absl::Status& status) {
                status.ok() ? reply(google::protobuf::Empty()) : reply(status);
            });
        });
}

} // namespace gantry::api
