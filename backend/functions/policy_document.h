#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace gantry::functions {

// A resource-based policy as Lambda keeps it for functions and layer versions: a document that
// grows and shrinks by a statement, with a revision that every change replaces. Who is allowed what
// by it is not decided here but by iam.
class PolicyDocument final {
public:
    static constexpr std::size_t kMaxBytes = 20'480;

    PolicyDocument() = default;
    // From a stored or a given text. 400 InvalidParameterValueException unless it is a JSON object
    // with Version 2012-10-17 or 2008-10-17 and statements that have an Effect of Allow or Deny, an
    // Action or NotAction, and a Principal or NotPrincipal.
    static absl::StatusOr<PolicyDocument> parse(std::string_view text);

    // 409 when its Sid is there already, 400 PolicyLengthExceededException.
    absl::Status add(boost::json::object statement);
    // 404 when there is none of this Sid.
    absl::Status remove(std::string_view sid);
    bool empty() const;
    std::string text() const;

private:
    boost::json::object m_document;
};

// What a Principal parameter becomes in a statement: an account, an ARN, "*" or a service.
absl::StatusOr<boost::json::value> principalOf(const std::string& principal);

} // namespace gantry::functions
