#include "backend/observe/slo/objectives.h"

#include "backend/base/error.h"
#include "backend/observe/cloudwatch/messages.h"
#include "backend/observe/slo/settings.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gantry::observe::slo {
namespace {

namespace pb = aws::applicationsignals;
using cloudwatch::setTime;

constexpr int kPage = 50;
constexpr int kMostTags = 200;

absl::Status noObjective(const std::string& id)
{
    return notFound(absl::StrCat("There is no service level objective ", id, "."));
}

pb::ServiceLevelObjectiveSummary summaryOf(const pb::ServiceLevelObjective& slo)
{
    pb::ServiceLevelObjectiveSummary summary;
    summary.set_arn(slo.arn());
    summary.set_name(slo.name());
    *summary.mutable_created_time() = slo.created_time();
    summary.set_evaluation_type(slo.evaluation_type());
    summary.set_metric_source_type(slo.metric_source_type());
    if (const std::string function = functionOf(slo); !function.empty()) {
        *summary.mutable_key_attributes() = keyAttributesOf(function);
        summary.set_operation_name(function + "/FunctionHandler");
    }
    return summary;
}

bool isWanted(const pb::ServiceLevelObjectiveSummary& summary,
              const pb::ListServiceLevelObjectivesInput& request)
{
    for (const auto& [key, value] : request.key_attributes()) {
        const auto found = summary.key_attributes().find(key);
        if (found == summary.key_attributes().end() || found->second != value)
            return false;
    }
    const auto& types = request.metric_source_types();
    if (!types.empty() && std::find(types.begin(), types.end(), summary.metric_source_type()) == types.end())
        return false;
    return !request.has_operation_name() || request.operation_name() == summary.operation_name();
}

absl::Status addTags(const Objectives::Tags& added, Objectives::Tags& tags)
{
    for (const pb::Tag& tag : added) {
        auto known = std::find_if(tags.begin(), tags.end(), [&tag](const pb::Tag& each) {
            return each.key() == tag.key();
        });
        *(known == tags.end() ? tags.Add() : &*known) = tag;
    }
    if (tags.size() > kMostTags)
        return makeError("ServiceQuotaExceededException", 402, "A resource may have 200 tags.");
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<std::unique_ptr<Objectives>>
Objectives::open(boost::asio::io_context& io, const std::filesystem::path& file,
                 cloudwatch::MetricData& data, const Place& place, IsFunction isFunction)
{
    static constexpr std::array<std::string_view, 1> kMigrations = {store::kRecordMapSchema};
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::unique_ptr<Objectives> objectives(
        new Objectives(io, *std::move(database), data, place, std::move(isFunction)));
    auto reader = store::Database::open(file, {}, {.readOnly = true});
    const absl::Status status =
        reader.ok() ? objectives->m_objectives.load(*reader) : reader.status();
    if (!status.ok())
        return status;
    return objectives;
}

Objectives::Objectives(boost::asio::io_context& io, store::Database database,
                       cloudwatch::MetricData& data, const Place& place, IsFunction isFunction)
    : m_data(data), m_place(place), m_isFunction(std::move(isFunction)),
      m_writer(std::make_unique<store::Writer>(io, std::move(database)))
{
    m_objectives.attach(*m_writer);
}

std::string Objectives::arnOf(const std::string& name) const
{
    return absl::StrCat("arn:aws:application-signals:", m_place.region, ":", m_place.accountId, ":slo/",
                        name);
}

std::string Objectives::nameOf(const std::string& id) const
{
    const std::string head = arnOf({});
    return id.starts_with(head) ? id.substr(head.size()) : id;
}

const Objectives::Objective* Objectives::find(const std::string& id) const
{
    const Records::Ptr found = m_objectives.find(nameOf(id));
    return found ? &found->slo() : nullptr; // the map holds it too
}

void Objectives::create(const pb::CreateServiceLevelObjectiveInput& request,
                        Done<pb::CreateServiceLevelObjectiveOutput> done)
{
    auto made = std::make_shared<record::StoredObjective>();
    Objective& slo = *made->mutable_slo();
    slo.set_name(request.name());
    slo.set_arn(arnOf(request.name()));
    if (request.has_description())
        slo.set_description(request.description());
    setTime(*slo.mutable_created_time(), now());
    *slo.mutable_last_updated_time() = slo.created_time();
    if (request.create_recommended_slo() || request.auto_investigation_enabled())
        return done(validationError("Recommended objectives and investigations are not supported by Gantry."));
    if (request.has_sli_config() == request.has_request_based_sli_config())
        return done(validationError("One of SliConfig and RequestBasedSliConfig is required."));
    absl::Status status = setGoal(request.goal(), slo);
    status.Update(setBurnRates(request.burn_rate_configurations(), slo));
    status.Update(addTags(request.tags(), *made->mutable_tags()));
    if (status.ok())
        status = request.has_sli_config()
                     ? resolve(request.sli_config(), m_isFunction, slo)
                     : resolve(request.request_based_sli_config(), m_isFunction, slo);
    if (!status.ok())
        return done(status);
    m_objectives.change(
        request.name(),
        [this, made](const record::StoredObjective* known)
            -> absl::StatusOr<std::unique_ptr<record::StoredObjective>> {
            if (known)
                return makeError("ConflictException", 409,
                                 absl::StrCat("There is an objective ", made->slo().name(), " already."));
            if (m_objectives.all().size() >= kMost)
                return makeError("ServiceQuotaExceededException", 402,
                                 absl::StrCat("There may be ", kMost, " objectives."));
            return std::make_unique<record::StoredObjective>(*made);
        },
        [done = std::move(done)](const absl::StatusOr<Records::Ptr>& stored) {
            if (!stored.ok())
                return done(stored.status());
            pb::CreateServiceLevelObjectiveOutput output;
            *output.mutable_slo() = (*stored)->slo();
            done(std::move(output));
        });
}

// The objective as it will be.
absl::StatusOr<Objectives::Objective>
Objectives::changed(const pb::UpdateServiceLevelObjectiveInput& request) const
{
    const Objective* known = find(request.id());
    if (!known)
        return noObjective(request.id());
    Objective slo = *known;
    if (request.auto_investigation_enabled())
        return validationError("Investigations are not supported by Gantry.");
    if ((request.has_sli_config() && slo.has_request_based_sli()) ||
        (request.has_request_based_sli_config() && slo.has_sli()))
        return validationError("An objective stays based on periods, or on requests.");
    if (request.has_description())
        slo.set_description(request.description());
    absl::Status status;
    if (request.has_goal())
        status = setGoal(request.goal(), slo);
    if (status.ok() && request.burn_rate_configurations_size() > 0)
        status = setBurnRates(request.burn_rate_configurations(), slo);
    if (status.ok() && request.has_sli_config())
        status = resolve(request.sli_config(), m_isFunction, slo);
    if (status.ok() && request.has_request_based_sli_config())
        status = resolve(request.request_based_sli_config(), m_isFunction, slo);
    if (!status.ok())
        return status;
    setTime(*slo.mutable_last_updated_time(), now());
    return slo;
}

void Objectives::update(const pb::UpdateServiceLevelObjectiveInput& request,
                        Done<pb::UpdateServiceLevelObjectiveOutput> done)
{
    const std::string name = nameOf(request.id());
    m_objectives.change(
        name,
        [this, request](const record::StoredObjective* known)
            -> absl::StatusOr<std::unique_ptr<record::StoredObjective>> {
            auto slo = changed(request);
            if (!slo.ok())
                return slo.status();
            auto made = std::make_unique<record::StoredObjective>(*known);
            *made->mutable_slo() = *std::move(slo);
            return made;
        },
        [this, name, done = std::move(done)](const absl::StatusOr<Records::Ptr>& stored) {
            if (!stored.ok())
                return done(stored.status());
            m_meters.erase(name); // it may measure something else now
            pb::UpdateServiceLevelObjectiveOutput output;
            *output.mutable_slo() = (*stored)->slo();
            done(std::move(output));
        });
}

void Objectives::remove(const pb::DeleteServiceLevelObjectiveInput& request,
                        Done<pb::DeleteServiceLevelObjectiveOutput> done)
{
    const std::string name = nameOf(request.id());
    m_objectives.change(
        name,
        [name](const record::StoredObjective* known)
            -> absl::StatusOr<std::unique_ptr<record::StoredObjective>> {
            if (!known)
                return noObjective(name);
            return nullptr;
        },
        [this, name, done = std::move(done)](const absl::StatusOr<Records::Ptr>& gone) {
            if (!gone.ok())
                return done(gone.status());
            m_meters.erase(name);
            done(pb::DeleteServiceLevelObjectiveOutput());
        });
}

absl::StatusOr<pb::GetServiceLevelObjectiveOutput>
Objectives::get(const pb::GetServiceLevelObjectiveInput& request) const
{
    const Objective* slo = find(request.id());
    if (!slo)
        return noObjective(request.id());
    pb::GetServiceLevelObjectiveOutput output;
    *output.mutable_slo() = *slo;
    return output;
}

absl::StatusOr<pb::ListServiceLevelObjectivesOutput>
Objectives::list(const pb::ListServiceLevelObjectivesInput& request) const
{
    if (request.has_dependency_config() || request.has_metric_source())
        return validationError("DependencyConfig and MetricSource are not supported by Gantry.");
    int offset = 0;
    if (request.has_next_token() && (!absl::SimpleAtoi(request.next_token(), &offset) || offset < 0))
        return validationError("The next token is not valid.");
    const int most = request.has_max_results() ? request.max_results() : kPage;
    pb::ListServiceLevelObjectivesOutput output;
    int at = 0;
    for (const auto& [name, stored] : m_objectives.all()) {
        pb::ServiceLevelObjectiveSummary summary = summaryOf(stored->slo());
        if (!isWanted(summary, request) || at++ < offset)
            continue;
        if (output.slo_summaries_size() == most) {
            output.set_next_token(absl::StrCat(offset + most));
            break;
        }
        *output.add_slo_summaries() = std::move(summary);
    }
    return output;
}

void Objectives::changeTags(const std::string& arn, std::function<absl::Status(Tags&)> edit,
                            std::function<void(absl::Status)> done)
{
    m_objectives.change(
        nameOf(arn),
        [arn, edit = std::move(edit)](const record::StoredObjective* known)
            -> absl::StatusOr<std::unique_ptr<record::StoredObjective>> {
            if (!known)
                return noObjective(arn);
            auto made = std::make_unique<record::StoredObjective>(*known);
            if (absl::Status status = edit(*made->mutable_tags()); !status.ok())
                return status;
            return made;
        },
        [done = std::move(done)](const absl::StatusOr<Records::Ptr>& stored) { done(stored.status()); });
}

void Objectives::tag(const pb::TagResourceRequest& request, Done<pb::TagResourceResponse> done)
{
    changeTags(
        request.resource_arn(),
        [added = request.tags()](Tags& tags) { return addTags(added, tags); },
        [done = std::move(done)](const absl::Status& status) {
            status.ok() ? done(pb::TagResourceResponse()) : done(status);
        });
}

void Objectives::untag(const pb::UntagResourceRequest& request, Done<pb::UntagResourceResponse> done)
{
    changeTags(
        request.resource_arn(),
        [keys = request.tag_keys()](Tags& tags) {
            const auto gone = std::remove_if(tags.begin(), tags.end(), [&keys](const pb::Tag& tag) {
                return std::find(keys.begin(), keys.end(), tag.key()) != keys.end();
            });
            tags.erase(gone, tags.end());
            return absl::OkStatus();
        },
        [done = std::move(done)](const absl::Status& status) {
            status.ok() ? done(pb::UntagResourceResponse()) : done(status);
        });
}

absl::StatusOr<pb::ListTagsForResourceResponse>
Objectives::tags(const pb::ListTagsForResourceRequest& request) const
{
    const Records::Ptr found = m_objectives.find(nameOf(request.resource_arn()));
    if (!found)
        return noObjective(request.resource_arn());
    pb::ListTagsForResourceResponse response;
    *response.mutable_tags() = found->tags();
    return response;
}

} // namespace gantry::observe::slo
