#pragma once

#include "aws/applicationsignals.pb.h"
#include "backend/base/place.h"
#include "backend/observe/slo/meter.h"
#include "backend/store/record_map.h"
#include "gantry/store/objectives.pb.h"
#include "gantry/v1/objectives.pb.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gantry::observe::slo {

struct ReportRun;
struct HealthRun;

// Service level objectives: what they are set to is kept in slo.db; how they stand is worked out of the
// metrics whenever somebody asks. I/O thread only.
class Objectives final {
public:
    using Objective = aws::applicationsignals::ServiceLevelObjective;
    using Tags = google::protobuf::RepeatedPtrField<aws::applicationsignals::Tag>;
    template <class T> using Done = std::function<void(absl::StatusOr<T>)>;
    static constexpr std::size_t kMost = 200;

    // data must outlive it.
    static absl::StatusOr<std::unique_ptr<Objectives>>
    open(boost::asio::io_context& io, const std::filesystem::path& file, cloudwatch::MetricData& data,
         const Place& place, IsFunction isFunction);

    void create(const aws::applicationsignals::CreateServiceLevelObjectiveInput& request,
                Done<aws::applicationsignals::CreateServiceLevelObjectiveOutput> done);
    void update(const aws::applicationsignals::UpdateServiceLevelObjectiveInput& request,
                Done<aws::applicationsignals::UpdateServiceLevelObjectiveOutput> done);
    void remove(const aws::applicationsignals::DeleteServiceLevelObjectiveInput& request,
                Done<aws::applicationsignals::DeleteServiceLevelObjectiveOutput> done);
    absl::StatusOr<aws::applicationsignals::GetServiceLevelObjectiveOutput>
    get(const aws::applicationsignals::GetServiceLevelObjectiveInput& request) const;
    absl::StatusOr<aws::applicationsignals::ListServiceLevelObjectivesOutput>
    list(const aws::applicationsignals::ListServiceLevelObjectivesInput& request) const;

    void tag(const aws::applicationsignals::TagResourceRequest& request,
             Done<aws::applicationsignals::TagResourceResponse> done);
    void untag(const aws::applicationsignals::UntagResourceRequest& request,
               Done<aws::applicationsignals::UntagResourceResponse> done);
    absl::StatusOr<aws::applicationsignals::ListTagsForResourceResponse>
    tags(const aws::applicationsignals::ListTagsForResourceRequest& request) const;

    // objectives_health.cpp
    void report(const aws::applicationsignals::BatchGetServiceLevelObjectiveBudgetReportInput& request,
                Done<aws::applicationsignals::BatchGetServiceLevelObjectiveBudgetReportOutput> done);
    void health(const v1::GetObjectiveHealthRequest& request, Done<v1::GetObjectiveHealthResponse> done);
    // The burn rates of an objective as a metric: SloName and BurnRateWindowMinutes, Maximum.
    static bool isBurnRate(const cloudwatch::Metric& metric);
    void readBurnRate(const cloudwatch::Metric& metric, const cloudwatch::Grid& grid,
                      cloudwatch::StatisticsAnswer done);
    // All such metrics: a look-back window that an objective has configured each.
    std::vector<cloudwatch::Metric> burnRates() const;

private:
    using Records = store::RecordMap<record::StoredObjective>;

    Objectives(boost::asio::io_context& io, store::Database database, cloudwatch::MetricData& data,
               const Place& place, IsFunction isFunction);

    std::int64_t now() const { return m_data.clock().unixMillis(); }
    std::string arnOf(const std::string& name) const;
    std::string nameOf(const std::string& id) const; // of a name or an ARN
    const Objective* find(const std::string& id) const;
    absl::StatusOr<Objective> changed(const aws::applicationsignals::UpdateServiceLevelObjectiveInput& request) const;
    void changeTags(const std::string& arn, std::function<absl::Status(Tags&)> edit,
                    std::function<void(absl::Status)> done);

    // objectives_health.cpp
    std::shared_ptr<Meter> meterOf(const Objective& slo);
    void reportNext(std::shared_ptr<ReportRun> run);
    void healthNext(std::shared_ptr<HealthRun> run);

    cloudwatch::MetricData& m_data;
    const Place m_place;
    const IsFunction m_isFunction;
    Records m_objectives{"objective"};
    std::map<std::string, std::shared_ptr<Meter>> m_meters; // of what it is set to now
    std::unique_ptr<store::Writer> m_writer; // last: its end commits
};

} // namespace gantry::observe::slo
