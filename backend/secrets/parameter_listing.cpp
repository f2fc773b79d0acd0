#include "backend/secrets/parameter_store.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/secrets/parameter_rules.h"
#include "backend/secrets/secret_rules.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include <algorithm>

// Reading parameters: one, several, by path, their history, and lists.
namespace gantry::secrets {
namespace {

namespace ssm = aws::ssm;
using record::ParameterRecord;
using record::ParameterVersionRecord;

constexpr int kPathPage = 10;
constexpr int kPage = 50;

const ParameterVersionRecord& newest(const ParameterRecord& parameter)
{
    return parameter.versions(parameter.versions_size() - 1);
}

// The members that an entry of the list and one of the history have in common.
template <class Message>
void fillVersion(const std::string& name, const ParameterVersionRecord& version, Message& out)
{
    out.set_name(name);
    out.set_type(version.type());
    if (!version.key_id().empty())
        out.set_key_id(version.key_id());
    setMillis(version.modified_at_ms(), out.mutable_last_modified_date());
    out.set_last_modified_user(version.modified_by());
    if (!version.description().empty())
        out.set_description(version.description());
    if (!version.allowed_pattern().empty())
        out.set_allowed_pattern(version.allowed_pattern());
    out.set_version(version.version());
    out.set_tier(version.tier());
    out.set_data_type(version.data_type());
    if (!version.policies().empty()) {
        ssm::ParameterInlinePolicy& policy = *out.add_policies();
        policy.set_policy_text(version.policies());
        policy.set_policy_status("Pending");
    }
}

// Pages by name: the token is the last name that was given.
template <class Response> class Pages final {
public:
    Pages(const std::string& token, int limit, Response& response)
        : m_limit(limit), m_response(response)
    {
        m_valid = token.empty() || absl::WebSafeBase64Unescape(token, &m_after);
    }

    absl::Status status() const
    {
        return m_valid ? absl::OkStatus()
                       : makeError("InvalidNextToken", 400, "The specified token isn't valid.");
    }
    // Whether the item belongs on this page.
    bool takes(const std::string& key)
    {
        if (m_full || (!m_after.empty() && key <= m_after))
            return false;
        if (m_taken == m_limit) {
            m_full = true;
            m_response.set_next_token(absl::WebSafeBase64Escape(m_last));
            return false;
        }
        ++m_taken;
        m_last = key;
        return true;
    }

private:
    int m_limit;
    Response& m_response;
    std::string m_after, m_last;
    int m_taken = 0;
    bool m_full = false;
    bool m_valid = false;
};

bool matchesText(const std::string& text, const std::string& option, const std::string& wanted)
{
    if (option == "BeginsWith")
        return absl::StartsWith(text, wanted);
    return option == "Contains" ? absl::StrContains(text, wanted) : text == wanted;
}

} // namespace

absl::StatusOr<ssm::Parameter> ParameterStore::shown(const Selected& selected, bool decrypt) const
{
    const std::string& name = selected.parameter->name();
    auto value = valueOf(name, *selected.version, decrypt);
    if (!value.ok())
        return value.status();
    ssm::Parameter parameter;
    parameter.set_name(name);
    parameter.set_type(selected.version->type());
    parameter.set_value(*std::move(value));
    parameter.set_version(selected.version->version());
    if (!selected.selector.empty())
        parameter.set_selector(selected.selector);
    setMillis(selected.version->modified_at_ms(), parameter.mutable_last_modified_date());
    parameter.set_arn(arnOf(name));
    parameter.set_data_type(selected.version->data_type());
    return parameter;
}

absl::StatusOr<ssm::GetParameterResult>
ParameterStore::get(const ssm::GetParameterRequest& request) const
{
    const auto selected = select(request.name());
    if (!selected.ok())
        return selected.status();
    auto parameter = shown(*selected, request.with_decryption());
    if (!parameter.ok())
        return parameter.status();
    ssm::GetParameterResult result;
    *result.mutable_parameter() = *std::move(parameter);
    return result;
}

absl::StatusOr<ssm::GetParametersResult>
ParameterStore::getSome(const ssm::GetParametersRequest& request) const
{
    ssm::GetParametersResult result;
    for (const std::string& name : request.names()) {
        const auto selected = select(name);
        if (!selected.ok()) {
            result.add_invalid_parameters(name);
            continue;
        }
        auto parameter = shown(*selected, request.with_decryption());
        if (!parameter.ok())
            return parameter.status();
        *result.add_parameters() = *std::move(parameter);
    }
    return result;
}

absl::StatusOr<ssm::GetParametersByPathResult>
ParameterStore::getByPath(const ssm::GetParametersByPathRequest& request) const
{
    if (!absl::StartsWith(request.path(), "/"))
        return validationError("The parameter path must begin with a slash.");
    ssm::GetParametersByPathResult result;
    Pages pages(request.next_token(), request.has_max_results() ? request.max_results() : kPathPage,
                result);
    if (!pages.status().ok())
        return pages.status();
    for (const auto& [name, parameter] : m_parameters.all()) {
        const bool wanted =
            isBelow(name, request.path(), request.recursive()) &&
            std::all_of(request.parameter_filters().begin(), request.parameter_filters().end(),
                        [&](const auto& filter) { return matches(*parameter, filter); });
        if (!wanted || !pages.takes(name))
            continue;
        auto one = shown(Selected{parameter, &newest(*parameter), {}}, request.with_decryption());
        if (!one.ok())
            return one.status();
        *result.add_parameters() = *std::move(one);
    }
    return result;
}

absl::StatusOr<ssm::GetParameterHistoryResult>
ParameterStore::history(const ssm::GetParameterHistoryRequest& request) const
{
    const auto selected = select(request.name());
    if (!selected.ok())
        return selected.status();
    ssm::GetParameterHistoryResult result;
    Pages pages(request.next_token(), request.has_max_results() ? request.max_results() : kPage,
                result);
    if (!pages.status().ok())
        return pages.status();
    const ParameterRecord& parameter = *selected->parameter;
    for (const ParameterVersionRecord& version : parameter.versions()) {
        if (!pages.takes(absl::StrCat(absl::Dec(version.version(), absl::kZeroPad12))))
            continue;
        auto value = valueOf(parameter.name(), version, request.with_decryption());
        if (!value.ok())
            return value.status();
        ssm::ParameterHistory& entry = *result.add_parameters();
        fillVersion(parameter.name(), version, entry);
        entry.set_value(*std::move(value));
        *entry.mutable_labels() = version.labels();
    }
    return result;
}

bool ParameterStore::matches(const ParameterRecord& parameter,
                             const ssm::ParameterStringFilter& filter) const
{
    const ParameterVersionRecord& version = newest(parameter);
    const std::string option = filter.has_option() ? filter.option() : "Equals";
    return std::any_of(filter.values().begin(), filter.values().end(), [&](const auto& wanted) {
        if (filter.key() == "Name") {
            const std::string bare(view(absl::StripPrefix(parameter.name(), "/")));
            return matchesText(parameter.name(), option, wanted) ||
                   matchesText(bare, option, std::string(view(absl::StripPrefix(wanted, "/"))));
        }
        if (filter.key() == "Path")
            return isBelow(parameter.name(), wanted, option == "Recursive");
        if (filter.key() == "Type")
            return version.type() == wanted;
        if (filter.key() == "KeyId")
            return matchesText(version.key_id(), option, wanted);
        if (filter.key() == "Tier")
            return version.tier() == wanted;
        if (filter.key() == "DataType")
            return version.data_type() == wanted;
        if (filter.key() == "Label") {
            return std::any_of(parameter.versions().begin(), parameter.versions().end(),
                               [&](const auto& each) {
                                   return std::find(each.labels().begin(), each.labels().end(),
                                                    wanted) != each.labels().end();
                               });
        }
        const auto tag = parameter.tags().find(filter.key().substr(filter.key().find(':') + 1));
        return tag != parameter.tags().end() && matchesText(tag->second, option, wanted);
    });
}

absl::StatusOr<ssm::DescribeParametersResult>
ParameterStore::describe(const ssm::DescribeParametersRequest& request) const
{
    ssm::DescribeParametersResult result;
    Pages pages(request.next_token(), request.has_max_results() ? request.max_results() : kPage,
                result);
    if (!pages.status().ok())
        return pages.status();
    std::vector<ssm::ParameterStringFilter> filters(request.parameter_filters().begin(),
                                                    request.parameter_filters().end());
    for (const ssm::ParametersFilter& old : request.filters()) {
        ssm::ParameterStringFilter& filter = filters.emplace_back();
        filter.set_key(old.key());
        filter.set_option(old.key() == "Name" ? "BeginsWith" : "Equals");
        *filter.mutable_values() = old.values();
    }
    for (const auto& [name, parameter] : m_parameters.all()) {
        const bool wanted =
            std::all_of(filters.begin(), filters.end(),
                        [&](const auto& filter) { return matches(*parameter, filter); });
        if (!wanted || !pages.takes(name))
            continue;
        ssm::ParameterMetadata& entry = *result.add_parameters();
        fillVersion(name, newest(*parameter), entry);
        entry.set_arn(arnOf(name));
    }
    return result;
}

} // namespace gantry::secrets
