#include "backend/secrets/parameter_store.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/secrets/parameter_rules.h"
#include "backend/secrets/secret_rules.h"

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

// Changing parameters, and their values.
namespace gantry::secrets {
namespace {

namespace ssm = aws::ssm;
using record::ParameterRecord;
using record::ParameterVersionRecord;

constexpr int kMaxVersions = 100;
constexpr int kMaxLabels = 10;
constexpr int kMaxTags = 50;

// As AWS binds a SecureString to its parameter.
keys::Context contextOf(const std::string& arn)
{
    return {{"PARAMETER_ARN", arn}};
}

const ParameterVersionRecord& newest(const ParameterRecord& parameter)
{
    return parameter.versions(parameter.versions_size() - 1);
}

bool hasLabel(const ParameterVersionRecord& version, const std::string& label)
{
    return std::find(version.labels().begin(), version.labels().end(), label) !=
           version.labels().end();
}

void dropLabel(ParameterVersionRecord& version, const std::string& label)
{
    auto& labels = *version.mutable_labels();
    labels.erase(std::remove(labels.begin(), labels.end(), label), labels.end());
}

ParameterVersionRecord* versionOf(ParameterRecord& parameter, std::int64_t number)
{
    for (ParameterVersionRecord& version : *parameter.mutable_versions()) {
        if (version.version() == number)
            return &version;
    }
    return nullptr;
}

absl::Status checkResource(const std::string& type)
{
    return type == "Parameter" ? absl::OkStatus()
                               : makeError("InvalidResourceType", 400,
                                           "Gantry has resources of the type Parameter only.");
}

absl::Status invalidResource()
{
    return makeError("InvalidResourceId", 400, "The resource ID isn't valid.");
}

} // namespace

ParameterStore::ParameterStore(keys::KeyStore& keys, const Clock& clock, Place place)
    : m_keys(keys), m_clock(clock), m_place(std::move(place))
{
}

std::string ParameterStore::arnOf(const std::string& name) const
{
    return absl::StrCat("arn:aws:ssm:", m_place.region, ":", m_place.accountId, ":parameter",
                        absl::StartsWith(name, "/") ? "" : "/", name);
}

std::string ParameterStore::nameOf(const std::string& nameOrArn) const
{
    const std::string prefix = arnOf("/");
    if (!absl::StartsWith(nameOrArn, prefix))
        return nameOrArn;
    const std::string path = nameOrArn.substr(prefix.size() - 1);
    const std::string base = path.substr(0, path.find(':'));
    // The ARN of /a and that of a are the same: the one that exists is meant.
    return m_parameters.find(base) ? path : path.substr(1);
}

absl::StatusOr<ParameterStore::Selected> ParameterStore::select(const std::string& nameOrArn) const
{
    const std::string name = nameOf(nameOrArn);
    const std::size_t colon = name.find(':');
    Selected selected;
    selected.selector = colon == std::string::npos ? "" : name.substr(colon);
    selected.parameter = m_parameters.find(name.substr(0, colon));
    if (!selected.parameter)
        return parameterNotFound(name.substr(0, colon));
    const std::string wanted =
        selected.selector.empty() ? "" : selected.selector.substr(1);
    std::int64_t number = 0;
    const bool byNumber = absl::SimpleAtoi(wanted, &number);
    for (const ParameterVersionRecord& version : selected.parameter->versions()) {
        if (wanted.empty() || (byNumber ? version.version() == number : hasLabel(version, wanted)))
            selected.version = &version; // the newest when none is named
    }
    if (!selected.version)
        return parameterVersionNotFound(selected.parameter->name(), selected.selector);
    return selected;
}

absl::StatusOr<std::string> ParameterStore::valueOf(const std::string& name,
                                                    const ParameterVersionRecord& version,
                                                    bool decrypt) const
{
    const bool secure = version.type() == "SecureString";
    if (secure && !decrypt)
        return absl::Base64Escape(version.value());
    const auto opened =
        m_keys.openValue(version.value(), contextOf(arnOf(name)),
                         secure ? keys::KeyStore::Use::Checked : keys::KeyStore::Use::Stored);
    if (!opened.ok()) {
        return makeError("InvalidKeyId", 400,
                         absl::StrCat(opened.status().message(), " (parameter ", name, ")"));
    }
    return opened->text();
}

absl::Status ParameterStore::fill(const ssm::PutParameterRequest& request, const std::string& user,
                                  ParameterRecord& parameter) const
{
    const bool isNew = parameter.versions_size() == 0;
    if (isNew && !request.has_type())
        return validationError("A parameter type is required when you create a parameter.");
    if (!isNew && !request.overwrite()) {
        return makeError("ParameterAlreadyExists", 400,
                         "The parameter already exists. To overwrite this value, set the overwrite "
                         "option in the request to true.");
    }
    if (!isNew && request.tags_size() > 0)
        return validationError("Invalid request: tags and overwrite can't be used together. To "
                               "create a parameter with tags, please remove overwrite flag. To "
                               "update tags for an existing parameter, please use "
                               "AddTagsToResource or RemoveTagsFromResource.");
    ParameterVersionRecord version;
    const ParameterVersionRecord before = isNew ? ParameterVersionRecord() : newest(parameter);
    version.set_type(request.has_type() ? request.type() : before.type());
    if (!isNew && version.type() != before.type()) {
        return makeError("HierarchyTypeMismatchException", 400,
                         absl::StrCat("A parameter of the type ", before.type(),
                                      " cannot become one of the type ", version.type(), "."));
    }
    version.set_tier(isAdvanced(request, before) ? "Advanced" : "Standard");
    if (absl::Status status = checkParameterValue(request, version.type(), version.tier());
        !status.ok())
        return status;
    version.set_version(before.version() + 1);
    version.set_description(request.has_description() ? request.description()
                                                      : before.description());
    version.set_allowed_pattern(request.allowed_pattern());
    version.set_data_type(request.has_data_type() ? request.data_type() : "text");
    version.set_policies(request.policies());
    version.set_modified_at_ms(m_clock.unixMillis());
    version.set_modified_by(user);
    const bool secure = version.type() == "SecureString";
    if (request.has_key_id() && !secure)
        return validationError("KeyId is required for SecureString type parameter only.");
    const std::string key = keyFor(request, before);
    auto sealed = m_keys.sealValue(secure ? key : kDefaultParameterKey, contextOf(arnOf(parameter.name())),
                                   request.value());
    if (!sealed.ok())
        return makeError("InvalidKeyId", 400, std::string(view(sealed.status().message())));
    version.set_value(*std::move(sealed));
    if (secure)
        version.set_key_id(key);
    if (parameter.versions_size() >= kMaxVersions) {
        if (!parameter.versions(0).labels().empty()) {
            return makeError("ParameterMaxVersionLimitExceeded", 400,
                             "The oldest version has a label and cannot be deleted to make room. "
                             "Move the label to another version and try again.");
        }
        parameter.mutable_versions()->erase(parameter.mutable_versions()->begin());
    }
    *parameter.add_versions() = std::move(version);
    for (const ssm::Tag& tag : request.tags())
        (*parameter.mutable_tags())[tag.key()] = tag.value();
    return absl::OkStatus();
}

void ParameterStore::put(const ssm::PutParameterRequest& request, const std::string& user,
                         Reply<ssm::PutParameterResult> reply)
{
    const std::string name = nameOf(request.name());
    if (absl::Status status = checkParameterName(name); !status.ok())
        return reply(status);
    m_parameters.change(
        name,
        [this, name, user, request](const ParameterRecord* current)
            -> absl::StatusOr<std::unique_ptr<ParameterRecord>> {
            auto changed = current ? std::make_unique<ParameterRecord>(*current)
                                   : std::make_unique<ParameterRecord>();
            changed->set_name(name);
            if (absl::Status status = fill(request, user, *changed); !status.ok())
                return status;
            return changed;
        },
        [reply = std::move(reply)](const absl::StatusOr<ParameterPtr>& parameter) {
            if (!parameter.ok())
                return reply(parameter.status());
            ssm::PutParameterResult result;
            result.set_version(newest(**parameter).version());
            result.set_tier(newest(**parameter).tier());
            reply(std::move(result));
        });
}

void ParameterStore::edit(const std::string& name, Edit edit, Changed done)
{
    m_parameters.change(
        name,
        [name, edit = std::move(edit)](const ParameterRecord* current)
            -> absl::StatusOr<std::unique_ptr<ParameterRecord>> {
            if (!current)
                return parameterNotFound(name);
            auto changed = std::make_unique<ParameterRecord>(*current);
            if (absl::Status status = edit(*changed); !status.ok())
                return status;
            return changed;
        },
        std::move(done));
}

void ParameterStore::remove(const ssm::DeleteParameterRequest& request,
                            Reply<ssm::DeleteParameterResult> reply)
{
    const std::string name = nameOf(request.name());
    m_parameters.change(
        name,
        [name](const ParameterRecord* current) -> absl::StatusOr<std::unique_ptr<ParameterRecord>> {
            if (!current)
                return parameterNotFound(name);
            return nullptr;
        },
        [reply = std::move(reply)](const absl::StatusOr<ParameterPtr>& removed) {
            removed.ok() ? reply(ssm::DeleteParameterResult()) : reply(removed.status());
        });
}

void ParameterStore::removeSome(const ssm::DeleteParametersRequest& request,
                                Reply<ssm::DeleteParametersResult> reply)
{
    struct Work {
        ssm::DeleteParametersResult result;
        int left = 0;
        absl::Status failed;
    };
    const auto work = std::make_shared<Work>();
    work->left = request.names_size();
    for (const std::string& each : request.names()) {
        ssm::DeleteParameterRequest one;
        one.set_name(each);
        remove(one, [work, each, reply](const absl::StatusOr<ssm::DeleteParameterResult>& removed) {
            if (removed.ok())
                work->result.add_deleted_parameters(each);
            else if (awsErrorOf(removed.status()).name == "ParameterNotFound")
                work->result.add_invalid_parameters(each);
            else
                work->failed = removed.status();
            if (--work->left == 0)
                work->failed.ok() ? reply(work->result) : reply(work->failed);
        });
    }
}

void ParameterStore::label(const ssm::LabelParameterVersionRequest& request,
                           Reply<ssm::LabelParameterVersionResult> reply)
{
    const std::string name = nameOf(request.name());
    auto result = std::make_shared<ssm::LabelParameterVersionResult>();
    edit(
        name,
        [name, request, result](ParameterRecord& parameter) -> absl::Status {
            const std::int64_t number =
                request.has_parameter_version() ? request.parameter_version()
                                                : newest(parameter).version();
            ParameterVersionRecord* version = versionOf(parameter, number);
            if (!version)
                return parameterVersionNotFound(name, absl::StrCat(":", number));
            result->set_parameter_version(number);
            for (const std::string& label : request.labels()) {
                if (!isValidLabel(label)) {
                    result->add_invalid_labels(label);
                    continue;
                }
                for (ParameterVersionRecord& other : *parameter.mutable_versions())
                    dropLabel(other, label);
                version->add_labels(label);
            }
            if (version->labels_size() > kMaxLabels) {
                return makeError("ParameterVersionLabelLimitExceeded", 400,
                                 "A parameter version can have maximum 10 labels.");
            }
            return absl::OkStatus();
        },
        [result, reply = std::move(reply)](const absl::StatusOr<ParameterPtr>& changed) {
            changed.ok() ? reply(*result) : reply(changed.status());
        });
}

void ParameterStore::unlabel(const ssm::UnlabelParameterVersionRequest& request,
                             Reply<ssm::UnlabelParameterVersionResult> reply)
{
    const std::string name = nameOf(request.name());
    auto result = std::make_shared<ssm::UnlabelParameterVersionResult>();
    edit(
        name,
        [name, request, result](ParameterRecord& parameter) -> absl::Status {
            ParameterVersionRecord* version = versionOf(parameter, request.parameter_version());
            if (!version)
                return parameterVersionNotFound(name, absl::StrCat(":", request.parameter_version()));
            for (const std::string& label : request.labels()) {
                if (hasLabel(*version, label))
                    result->add_removed_labels(label);
                else
                    result->add_invalid_labels(label);
                dropLabel(*version, label);
            }
            return absl::OkStatus();
        },
        [result, reply = std::move(reply)](const absl::StatusOr<ParameterPtr>& changed) {
            changed.ok() ? reply(*result) : reply(changed.status());
        });
}

void ParameterStore::tag(const ssm::AddTagsToResourceRequest& request,
                         Reply<ssm::AddTagsToResourceResult> reply)
{
    if (absl::Status status = checkResource(request.resource_type()); !status.ok())
        return reply(status);
    const std::string name = nameOf(request.resource_id());
    if (!m_parameters.find(name))
        return reply(invalidResource());
    edit(
        name,
        [tags = request.tags()](ParameterRecord& parameter) {
            for (const ssm::Tag& tag : tags)
                (*parameter.mutable_tags())[tag.key()] = tag.value();
            return parameter.tags_size() > kMaxTags
                       ? makeError("TooManyTagsError", 400, "A parameter can have up to 50 tags.")
                       : absl::OkStatus();
        },
        [reply = std::move(reply)](const absl::StatusOr<ParameterPtr>& changed) {
            changed.ok() ? reply(ssm::AddTagsToResourceResult()) : reply(changed.status());
        });
}

void ParameterStore::untag(const ssm::RemoveTagsFromResourceRequest& request,
                           Reply<ssm::RemoveTagsFromResourceResult> reply)
{
    if (absl::Status status = checkResource(request.resource_type()); !status.ok())
        return reply(status);
    const std::string name = nameOf(request.resource_id());
    if (!m_parameters.find(name))
        return reply(invalidResource());
    edit(
        name,
        [names = request.tag_keys()](ParameterRecord& parameter) {
            for (const std::string& key : names)
                parameter.mutable_tags()->erase(key);
            return absl::OkStatus();
        },
        [reply = std::move(reply)](const absl::StatusOr<ParameterPtr>& changed) {
            changed.ok() ? reply(ssm::RemoveTagsFromResourceResult()) : reply(changed.status());
        });
}

absl::StatusOr<ssm::ListTagsForResourceResult>
ParameterStore::tags(const ssm::ListTagsForResourceRequest& request) const
{
    if (absl::Status status = checkResource(request.resource_type()); !status.ok())
        return status;
    const ParameterPtr parameter = m_parameters.find(nameOf(request.resource_id()));
    if (!parameter)
        return invalidResource();
    ssm::ListTagsForResourceResult result;
    const std::map<std::string, std::string> sorted(parameter->tags().begin(),
                                                    parameter->tags().end());
    for (const auto& [key, value] : sorted) {
        ssm::Tag& tag = *result.add_tag_list();
        tag.set_key(key);
        tag.set_value(value);
    }
    return result;
}

} // namespace gantry::secrets
