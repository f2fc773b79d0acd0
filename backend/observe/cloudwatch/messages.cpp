#include "backend/observe/cloudwatch/messages.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>

namespace gantry::observe::cloudwatch {

namespace pb = aws::cloudwatch;

absl::StatusOr<std::vector<DataQuery>>
dataQueriesOf(const google::protobuf::RepeatedPtrField<pb::MetricDataQuery>& queries)
{
    std::vector<DataQuery> all;
    for (const pb::MetricDataQuery& query : queries) {
        if (query.has_metric_stat() == query.has_expression())
            return makeError(
                "ValidationError", 400,
                absl::StrCat("The query ", query.id(), " needs either MetricStat or Expression."));
        DataQuery& to = all.emplace_back();
        to.id = query.id();
        to.periodSeconds = query.period();
        to.expression = query.expression();
        if (!query.has_metric_stat())
            continue;
        const pb::MetricStat& stat = query.metric_stat();
        to.metric = metricOf(stat.metric().namespace_(), stat.metric().metric_name(),
                             stat.metric().dimensions());
        to.statistic = stat.stat();
        to.periodSeconds = stat.period();
    }
    return all;
}

void setTime(google::protobuf::Timestamp& to, std::int64_t ms)
{
    to.set_seconds(ms / 1'000);
    to.set_nanos(static_cast<int>(ms % 1'000) * 1'000'000);
}

std::int64_t millisOf(const google::protobuf::Timestamp& time)
{
    return time.seconds() * 1'000 + time.nanos() / 1'000'000;
}

Metric metricOf(const std::string& space, const std::string& name,
                    const google::protobuf::RepeatedPtrField<pb::Dimension>& dimensions)
{
    Metric metric{space, name, {}};
    for (const pb::Dimension& dimension : dimensions)
        metric.dimensions.emplace_back(dimension.name(), dimension.value());
    metric.sortDimensions();
    return metric;
}

} // namespace gantry::observe::cloudwatch
