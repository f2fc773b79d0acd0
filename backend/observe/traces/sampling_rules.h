#pragma once

#include "aws/xray.pb.h"
#include "backend/base/clock.h"
#include "backend/base/place.h"
#include "backend/store/record_map.h"

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace gantry::runtime {
struct EnvironmentSpec;
}

namespace gantry::observe::traces {

// X-Ray's sampling rules, kept in xray.db, and the decisions by them. Without any, the default rule
// samples the first request of each second and 5 % of the others. A reservoir is each function's
// own. I/O thread only.
class SamplingRules final {
public:
    using Record = aws::xray::SamplingRuleRecord;
    template <class T> using Done = std::function<void(absl::StatusOr<T>)>;

    static absl::StatusOr<std::unique_ptr<SamplingRules>>
    open(boost::asio::io_context& io, const std::filesystem::path& file, const Clock& clock,
         const Place& place);

    // Whether an invocation is traced of which nobody has decided yet.
    bool sample(const runtime::EnvironmentSpec& function);

    absl::StatusOr<aws::xray::GetSamplingRulesResult>
    list(const aws::xray::GetSamplingRulesRequest& request) const;
    absl::StatusOr<aws::xray::GetSamplingTargetsResult>
    targets(const aws::xray::GetSamplingTargetsRequest& request);
    void create(const aws::xray::CreateSamplingRuleRequest& request,
                Done<aws::xray::CreateSamplingRuleResult> done);
    void update(const aws::xray::UpdateSamplingRuleRequest& request,
                Done<aws::xray::UpdateSamplingRuleResult> done);
    void remove(const aws::xray::DeleteSamplingRuleRequest& request,
                Done<aws::xray::DeleteSamplingRuleResult> done);

private:
    using Rules = store::RecordMap<Record>;
    struct Reservoir {
        std::int64_t second = 0;
        int used = 0;
    };

    SamplingRules(boost::asio::io_context& io, store::Database database, const Clock& clock,
                  const Place& place);
    absl::Status load(store::Database& database);
    const Record* find(const std::string& name, const std::string& arn) const;
    void sort();

    const Clock& m_clock;
    const Place m_place;
    Rules m_rules{"sampling-rule"};
    std::vector<Rules::Ptr> m_sorted; // by priority
    absl::flat_hash_map<std::string, Reservoir> m_reservoirs; // by rule and function
    // Who asked for targets lately, by rule: their quotas share its reservoir.
    absl::flat_hash_map<std::string, std::map<std::string, std::int64_t>> m_clients;
    std::minstd_rand m_random{std::random_device{}()};
    std::unique_ptr<store::Writer> m_writer; // last: its end commits
};

} // namespace gantry::observe::traces
