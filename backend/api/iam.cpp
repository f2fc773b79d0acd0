#include "backend/api/iam.h"

#include "backend/api/iam_topics.h"
#include "backend/base/uri.h"

namespace gantry::api {

void registerIam(OperationTable& table, iam::Directory& directory)
{
    registerIamIdentities(table, directory);
    registerIamAttachments(table, directory);
    registerIamPolicies(table, directory);
    registerIamKeys(table, directory);
    registerIamSimulation(table, directory);
}

absl::Status noSuchIdentity(IdentityKind kind, const std::string& name)
{
    const char* type = kind == IdentityKind::User    ? "user"
                       : kind == IdentityKind::Group ? "group"
                                                     : "role";
    return makeError("NoSuchEntity", 404,
                     absl::StrCat("The ", type, " with name ", name, " cannot be found."));
}

absl::Status noSuchPolicy(const std::string& arn)
{
    return makeError("NoSuchEntity", 404,
                     absl::StrCat("Policy ", arn, " does not exist or is not attachable."));
}

absl::Status malformed(const absl::Status& fault)
{
    return makeError("MalformedPolicyDocument", 400, std::string(view(fault.message())));
}

absl::Status checkDocument(const std::string& document, iam::PolicyKind kind,
                           std::size_t characters)
{
    const auto parsed = iam::Policy::parse(document, kind, {characters});
    if (parsed.ok())
        return absl::OkStatus();
    if (absl::IsOutOfRange(parsed.status()))
        return makeError("LimitExceeded", 409, std::string(view(parsed.status().message())));
    return malformed(parsed.status());
}

void setSeconds(google::protobuf::Timestamp& time, std::int64_t unixMs)
{
    time.set_seconds(unixMs / 1000);
}

std::string encodedDocument(const std::string& document)
{
    return percentEncode(document);
}

} // namespace gantry::api
