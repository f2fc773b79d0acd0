#include "backend/functions/policy_document.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace gantry::functions {
namespace {

namespace json = boost::json;

constexpr int kMaxDepth = 12;

absl::Status malformed(std::string_view why)
{
    return invalidParameter(absl::StrCat("The policy document is not valid: ", view(why)));
}

bool isText(const json::value* value, std::initializer_list<std::string_view> texts)
{
    return value && value->is_string() &&
           std::any_of(texts.begin(), texts.end(), [value](std::string_view text) {
               return value->get_string() == text;
           });
}

absl::Status checkStatement(const json::value& value)
{
    const json::object* statement = value.if_object();
    if (!statement)
        return malformed("a statement must be an object.");
    if (!isText(statement->if_contains("Effect"), {"Allow", "Deny"}))
        return malformed("the Effect of a statement must be Allow or Deny.");
    if (statement->contains("Action") == statement->contains("NotAction"))
        return malformed("a statement needs either Action or NotAction.");
    if (statement->contains("Principal") == statement->contains("NotPrincipal"))
        return malformed("a statement needs either Principal or NotPrincipal.");
    return absl::OkStatus();
}

// A statement may stand alone; it is kept as a list.
absl::Status checkDocument(json::object& document)
{
    if (!isText(document.if_contains("Version"), {"2012-10-17", "2008-10-17"}))
        return malformed("Version must be 2012-10-17.");
    json::value* statements = document.if_contains("Statement");
    if (!statements)
        return malformed("it has no Statement.");
    if (statements->is_object())
        *statements = json::array{*statements};
    if (!statements->is_array() || statements->get_array().empty())
        return malformed("Statement must be a list of statements.");
    for (const json::value& statement : statements->get_array()) {
        if (absl::Status valid = checkStatement(statement); !valid.ok())
            return valid;
    }
    return absl::OkStatus();
}

bool hasSid(const json::value& statement, std::string_view sid)
{
    return isText(statement.get_object().if_contains("Sid"), {sid});
}

absl::Status checkLength(const json::object& document)
{
    const std::size_t size = json::serialize(document).size();
    if (size <= PolicyDocument::kMaxBytes)
        return absl::OkStatus();
    return makeError("PolicyLengthExceededException", 400,
                     absl::StrCat("The final policy size (", size, ") is bigger than the limit (",
                                  PolicyDocument::kMaxBytes, ")."));
}

bool isAccount(const std::string& text)
{
    return text.size() == 12 && std::all_of(text.begin(), text.end(),
                                            [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

absl::StatusOr<PolicyDocument> PolicyDocument::parse(std::string_view text)
{
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::error_code error;
    json::value value = json::parse(text, error, {}, options);
    if (error || !value.is_object())
        return malformed("it must be a JSON object.");
    PolicyDocument policy;
    policy.m_document = std::move(value.get_object());
    absl::Status valid = checkDocument(policy.m_document);
    if (valid.ok())
        valid = checkLength(policy.m_document);
    if (!valid.ok())
        return valid;
    return policy;
}

absl::Status PolicyDocument::add(json::object statement)
{
    json::object document = m_document;
    if (document.empty())
        document = {{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", json::array()}};
    json::array& statements = document.at("Statement").as_array();
    const std::string sid(statement.at("Sid").as_string());
    for (const json::value& there : statements) {
        if (hasSid(there, sid)) {
            return conflict(absl::StrCat("The statement id (", sid,
                                         ") provided already exists. Please provide a new statement "
                                         "id, or remove the existing statement."));
        }
    }
    statements.emplace_back(std::move(statement));
    absl::Status fits = checkLength(document);
    if (fits.ok())
        m_document = std::move(document);
    return fits;
}

absl::Status PolicyDocument::remove(std::string_view sid)
{
    if (empty())
        return notFound("No policy is associated with the given resource.");
    json::array& statements = m_document.at("Statement").as_array();
    const auto found = std::find_if(statements.begin(), statements.end(),
                                    [sid](const auto& each) { return hasSid(each, sid); });
    if (found == statements.end())
        return notFound(
            absl::StrCat("Statement ", view(sid), " is not found in resource policy."));
    statements.erase(found);
    if (statements.empty())
        m_document.clear();
    return absl::OkStatus();
}

bool PolicyDocument::empty() const
{
    return m_document.empty();
}

std::string PolicyDocument::text() const
{
    return empty() ? std::string() : json::serialize(m_document);
}

absl::StatusOr<json::value> principalOf(const std::string& principal)
{
    if (principal == "*")
        return json::value("*");
    if (isAccount(principal))
        return json::value(json::object{{"AWS", absl::StrCat("arn:aws:iam::", principal, ":root")}});
    if (absl::StartsWith(principal, "arn:"))
        return json::value(json::object{{"AWS", principal}});
    if (absl::EndsWith(principal, ".amazonaws.com") || absl::EndsWith(principal, ".amazon.com"))
        return json::value(json::object{{"Service", principal}});
    return invalidParameter(
        "The provided principal was invalid. Please check the principal and try again.");
}

} // namespace gantry::functions
