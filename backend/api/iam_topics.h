#pragma once

#include "aws/iam.pb.h"
#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/iam/directory.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/timestamp.pb.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

// What registerIam is made of: one function a topic, and what they share.
namespace gantry::api {

void registerIamIdentities(OperationTable& table, iam::Directory& directory);
void registerIamAttachments(OperationTable& table, iam::Directory& directory);
void registerIamPolicies(OperationTable& table, iam::Directory& directory);
void registerIamKeys(OperationTable& table, iam::Directory& directory);
void registerIamSimulation(OperationTable& table, iam::Directory& directory);

using iam::Directory;
using iam::IdentityKind;

// Registers an operation that reads: StatusOr<Response> read(const Directory&, const Request&).
template <class Request, class Response, class Read>
void onRead(OperationTable& table, Directory& directory, Read read)
{
    table.on<Request, Response>(
        [&directory, read](const CallPtr&, const Request& request, const Reply<Response>& reply) {
            reply(read(directory, request));
        });
}

// Registers one that changes: Status change(Directory::Draft&, const Request&, Response&). The
// answer goes out when the change is on the disk.
template <class Request, class Response, class Change>
void onChange(OperationTable& table, Directory& directory, Change change)
{
    table.on<Request, Response>(
        [&directory, change](const CallPtr& call, const Request& request, Reply<Response> reply) {
            auto response = std::make_shared<Response>();
            directory.change(
                [call, &request, change, response](Directory::Draft& draft) {
                    return change(draft, request, *response);
                },
                [call, response, reply = std::move(reply)](absl::Status status) {
                    if (status.ok())
                        reply(std::move(*response));
                    else
                        reply(std::move(status));
                });
        });
}

// The kind and the name of the identity that a request is about, by its members.
template <class Request> constexpr IdentityKind kindOf()
{
    if constexpr (requires(const Request& request) { request.role_name(); })
        return IdentityKind::Role;
    else if constexpr (requires(const Request& request) { request.user_name(); })
        return IdentityKind::User;
    else
        return IdentityKind::Group;
}

template <class Request> const std::string& nameOf(const Request& request)
{
    if constexpr (requires { request.role_name(); })
        return request.role_name();
    else if constexpr (requires { request.user_name(); })
        return request.user_name();
    else
        return request.group_name();
}

absl::Status noSuchIdentity(IdentityKind kind, const std::string& name);
absl::Status noSuchPolicy(const std::string& arn);
absl::Status malformed(const absl::Status& fault);

// Checks a document before it is stored: 400 MalformedPolicyDocument, 409 LimitExceeded.
absl::Status checkDocument(const std::string& document, iam::PolicyKind kind,
                           std::size_t characters);

void setSeconds(google::protobuf::Timestamp& time, std::int64_t unixMs);

// As IAM returns documents: percent-encoded.
std::string encodedDocument(const std::string& document);

// One page of records whose key is above the request's Marker: add(record) for each; the response's
// IsTruncated and Marker are set.
template <class Request, class Response, class Rows, class Take, class Add>
void fillPage(const Request& request, Response& response, const Rows& rows, Take take, Add add)
{
    const int most = request.has_max_items() ? request.max_items() : 100;
    int count = 0;
    std::string last;
    response.set_is_truncated(false);
    for (const auto& [key, row] : rows) {
        if ((request.has_marker() && key <= request.marker()) || !take(*row))
            continue;
        if (count++ == most) {
            response.set_is_truncated(true);
            response.set_marker(last);
            return;
        }
        add(*row);
        last = key;
    }
}

template <class Message, class Tags> void addTags(const Tags& tags, Message& message)
{
    for (const record::IamTag& tag : tags) {
        auto& added = *message.add_tags();
        added.set_key(tag.key());
        added.set_value(tag.value());
    }
}

template <class Tags>
void mergeTags(const Tags& given, google::protobuf::RepeatedPtrField<record::IamTag>& tags)
{
    for (const auto& tag : given) {
        record::IamTag* slot = nullptr;
        for (record::IamTag& known : tags)
            slot = known.key() == tag.key() ? &known : slot;
        if (!slot)
            slot = tags.Add();
        slot->set_key(tag.key());
        slot->set_value(tag.value());
    }
}

template <class Keys>
void dropTags(const Keys& keys, google::protobuf::RepeatedPtrField<record::IamTag>& tags)
{
    for (const std::string& key : keys) {
        for (int i = tags.size() - 1; i >= 0; --i) {
            if (tags[i].key() == key)
                tags.DeleteSubrange(i, 1);
        }
    }
}

} // namespace gantry::api
