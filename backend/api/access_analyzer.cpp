#include "backend/api/access.h"

#include "aws/accessanalyzer.pb.h"
#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/iam/access_findings.h"
#include "backend/iam/policy_check.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/time/time.h>

#include <algorithm>
#include <string>
#include <vector>

// IAM Access Analyzer's own API on what the console shows of access as well: one analyzer of the
// account, which looks whenever it is asked.
namespace gantry::api {
namespace {

namespace analyzer = aws::accessanalyzer;
using iam::AccessControl;

constexpr char kName[] = "gantry";
constexpr char kLearnMore[] =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html";

std::string analyzerArn(const AccessControl& access)
{
    const iam::Account& account = access.directory().account();
    return absl::StrCat("arn:aws:access-analyzer:", account.region(), ":", account.id(),
                        ":analyzer/", kName);
}

std::string timeText(std::int64_t millis)
{
    return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(millis),
                            absl::UTCTimeZone());
}

std::string_view typeOf(std::string_view arn)
{
    const auto parts = iam::splitArn(arn);
    const std::string_view service = parts ? (*parts)[2] : std::string_view();
    if (service == "lambda")
        return (*parts)[5].starts_with("layer:") ? "AWS::Lambda::LayerVersion"
                                                 : "AWS::Lambda::Function";
    return service == "kms"              ? "AWS::KMS::Key"
           : service == "secretsmanager" ? "AWS::SecretsManager::Secret"
                                         : "AWS::IAM::Role";
}

// "key Operator values; ...", as findings have it.
void addConditions(const std::string& text, analyzer::FindingSummary& out)
{
    for (const absl::string_view each : absl::StrSplit(text, "; ", absl::SkipEmpty())) {
        const std::vector<std::string> words = absl::StrSplit(each, absl::MaxSplits(' ', 2));
        if (words.size() == 3)
            (*out.mutable_condition())[words[0]] = words[2];
    }
}

analyzer::FindingSummary summaryOf(const v1::Finding& finding, const iam::Directory& directory)
{
    analyzer::FindingSummary summary;
    summary.set_id(toHex(sha256(absl::StrCat(finding.resource(), "\n", finding.principal(), "\n",
                                             finding.statement())))
                       .substr(0, 32));
    (*summary.mutable_principal())["AWS"] = finding.principal();
    *summary.mutable_action() = finding.actions();
    summary.set_resource(finding.resource());
    summary.set_is_public(finding.is_public());
    summary.set_resource_type(std::string(typeOf(finding.resource())));
    addConditions(finding.condition(), summary);
    summary.set_status("ACTIVE");
    summary.set_resource_owner_account(directory.account().id());
    summary.add_sources()->set_type("POLICY");
    const std::string now = timeText(directory.nowMs());
    summary.set_created_at(now);
    summary.set_analyzed_at(now);
    summary.set_updated_at(now);
    return summary;
}

// The text of what a filter asks for; nothing for what cannot be filtered by.
std::optional<std::string> valueOf(const std::string& key, const analyzer::FindingSummary& finding)
{
    if (key == "resource")
        return finding.resource();
    if (key == "resourceType")
        return finding.resource_type();
    if (key == "isPublic")
        return finding.is_public() ? "true" : "false";
    if (key == "status")
        return finding.status();
    if (key == "principal.AWS")
        return finding.principal().at("AWS");
    return std::nullopt;
}

bool meets(const analyzer::Criterion& wanted, const std::string& value)
{
    const auto among = [&](const auto& texts, auto same) {
        return std::any_of(texts.begin(), texts.end(), same);
    };
    const auto equal = [&](const std::string& text) { return text == value; };
    return (wanted.eq().empty() || among(wanted.eq(), equal)) &&
           !among(wanted.neq(), equal) &&
           (wanted.contains().empty() ||
            among(wanted.contains(),
                  [&](const std::string& text) { return absl::StrContains(value, text); })) &&
           (!wanted.has_exists() || wanted.exists());
}

absl::StatusOr<analyzer::ListFindingsResponse> findings(const AccessControl& access,
                                                        const analyzer::ListFindingsRequest& request)
{
    if (request.analyzer_arn() != analyzerArn(access)) {
        return makeError("ResourceNotFoundException", 404,
                         absl::StrCat("There is no analyzer ", request.analyzer_arn(),
                                      "; Gantry's is ", analyzerArn(access), "."));
    }
    if (request.has_sort())
        return makeError("ValidationException", 400, "Gantry does not sort findings.");
    analyzer::ListFindingsResponse response;
    for (const v1::Finding& finding : iam::findAccess(access, {})) {
        if (finding.kind() != v1::Finding::EXTERNAL_ACCESS)
            continue;
        analyzer::FindingSummary summary = summaryOf(finding, access.directory());
        bool wanted = true;
        for (const auto& [key, criterion] : request.filter()) {
            const auto value = valueOf(key, summary);
            if (!value) {
                return makeError("ValidationException", 400,
                                 absl::StrCat("Gantry cannot filter by ", key, "."));
            }
            wanted = wanted && meets(criterion, *value);
        }
        if (wanted)
            *response.add_findings() = std::move(summary);
    }
    return response;
}

analyzer::ListAnalyzersResponse analyzers(const AccessControl& access,
                                          const analyzer::ListAnalyzersRequest& request)
{
    analyzer::ListAnalyzersResponse response;
    if (request.has_type() && request.type() != "ACCOUNT")
        return response;
    analyzer::AnalyzerSummary& one = *response.add_analyzers();
    one.set_arn(analyzerArn(access));
    one.set_name(kName);
    one.set_type("ACCOUNT");
    one.set_status("ACTIVE");
    one.set_created_at(timeText(access.directory().nowMs()));
    return response;
}

void setPosition(const std::string& document, int line, std::size_t column, std::size_t offset,
                 analyzer::Position& out)
{
    out.set_line(line);
    out.set_column(static_cast<int>(column));
    out.set_offset(static_cast<int>(std::min(offset, document.size())));
}

// The line as a whole; the path as the elements are nested.
void addLocation(const std::string& document, const v1::PolicyIssue& issue,
                 analyzer::ValidatePolicyFinding& out)
{
    std::size_t start = 0;
    for (int line = 1; line < issue.line() && start < document.size(); ++line)
        start = std::min(document.find('\n', start), document.size() - 1) + 1;
    const std::size_t end = std::min(document.find('\n', start), document.size());
    analyzer::Location& location = *out.add_locations();
    const int line = std::max(issue.line(), 1);
    setPosition(document, line, 0, start, *location.mutable_span()->mutable_start());
    setPosition(document, line, end - std::min(start, end), end,
                *location.mutable_span()->mutable_end());
    for (const std::string& element :
         std::vector<std::string>(absl::StrSplit(issue.element(), ": ", absl::SkipEmpty()))) {
        int number = 0;
        const bool numbered = absl::StartsWith(element, "Statement ") &&
                              absl::SimpleAtoi(element.substr(10), &number);
        location.add_path()->set_value(numbered ? "Statement" : element);
        if (numbered)
            location.add_path()->set_index(number - 1);
    }
}

absl::StatusOr<analyzer::ValidatePolicyResponse>
validate(const analyzer::ValidatePolicyRequest& request, const iam::ActionCatalogue& catalogue)
{
    const bool resource = request.policy_type() == "RESOURCE_POLICY";
    if (!resource && request.policy_type() != "IDENTITY_POLICY")
        return makeError("ValidationException", 400,
                         "Gantry has no organisations, and so no policies of theirs.");
    const bool trust =
        request.validate_policy_resource_type() == "AWS::IAM::AssumeRolePolicyDocument";
    const iam::PolicyKind kind = !resource ? iam::PolicyKind::Identity
                                 : trust   ? iam::PolicyKind::Trust
                                           : iam::PolicyKind::Resource;
    const std::size_t limit = !resource ? iam::Policy::kManagedCharacters
                              : trust   ? iam::Policy::kTrustCharacters
                                        : iam::Policy::kResourceCharacters;
    analyzer::ValidatePolicyResponse response;
    for (const v1::PolicyIssue& issue :
         iam::checkPolicy(request.policy_document(), kind, limit, catalogue)) {
        analyzer::ValidatePolicyFinding& finding = *response.add_findings();
        const std::string type = issue.severity() == v1::PolicyIssue::ERROR     ? "ERROR"
                                 : issue.severity() == v1::PolicyIssue::WARNING ? "WARNING"
                                                                                : "SUGGESTION";
        finding.set_finding_type(type);
        finding.set_issue_code("POLICY_" + type);
        finding.set_finding_details(issue.message());
        finding.set_learn_more_link(kLearnMore);
        addLocation(request.policy_document(), issue, finding);
    }
    return response;
}

} // namespace

void registerAccessAnalyzer(OperationTable& table, const AccessControl& access,
                            const iam::ActionCatalogue& catalogue)
{
    table.on<analyzer::ValidatePolicyRequest, analyzer::ValidatePolicyResponse>(
        [&catalogue](const CallPtr&, const auto& request, const auto& reply) {
            reply(validate(request, catalogue));
        });
    table.on<analyzer::ListAnalyzersRequest, analyzer::ListAnalyzersResponse>(
        [&access](const CallPtr&, const auto& request, const auto& reply) {
            reply(analyzers(access, request));
        });
    table.on<analyzer::ListFindingsRequest, analyzer::ListFindingsResponse>(
        [&access](const CallPtr&, const auto& request, const auto& reply) {
            reply(findings(access, request));
        });
}

} // namespace gantry::api
