#include "backend/observe/traces/sampling_rules.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/traces/messages.h"
#include "backend/runtime/environment.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gantry::observe::traces {
namespace {

namespace pb = aws::xray;

constexpr const char* kDefault = "Default";
constexpr const char* kFunctionType = "AWS::Lambda::Function";
constexpr std::size_t kMostRules = 25; // besides the default one
constexpr std::size_t kMostReservoirs = 10'000;
constexpr std::size_t kMostClients = 1'000; // of a rule
constexpr int kTargetSeconds = 10;

absl::Status invalid(std::string message)
{
    return makeError("InvalidRequestException", 400, std::move(message));
}

// * is any run of characters, ? is one.
bool globMatches(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// Calls of a function have no host, method or path, which only a rule for all of them covers.
bool matches(const pb::SamplingRule& rule, const runtime::EnvironmentSpec& function)
{
    return globMatches(rule.service_name(), function.functionName) &&
           globMatches(rule.service_type(), kFunctionType) &&
           globMatches(rule.resource_arn(), function.functionArn) &&
           globMatches(rule.host(), "") && globMatches(rule.http_method(), "") &&
           globMatches(rule.url_path(), "") && rule.attributes().empty();
}

pb::SamplingRuleRecord defaultRule(std::int64_t nowMs)
{
    pb::SamplingRuleRecord record;
    pb::SamplingRule& rule = *record.mutable_sampling_rule();
    rule.set_rule_name(kDefault);
    rule.set_priority(10'000);
    rule.set_fixed_rate(0.05);
    rule.set_reservoir_size(1);
    for (std::string* every : {rule.mutable_resource_arn(), rule.mutable_service_name(),
                               rule.mutable_service_type(), rule.mutable_host(),
                               rule.mutable_http_method(), rule.mutable_url_path()})
        *every = "*";
    rule.set_version(1);
    setTime(*record.mutable_created_at(), nowMs * 1'000);
    setTime(*record.mutable_modified_at(), nowMs * 1'000);
    return record;
}

std::string arnOf(const Place& place, const std::string& name)
{
    return absl::StrCat("arn:aws:xray:", place.region, ":", place.accountId, ":sampling-rule/",
                        name);
}

absl::Status apply(const pb::SamplingRuleUpdate& update, pb::SamplingRule& rule)
{
    const bool isDefault = rule.rule_name() == kDefault;
    if (isDefault && (update.has_resource_arn() || update.has_priority() || update.has_host() ||
                      update.has_service_name() || update.has_service_type() ||
                      update.has_http_method() || update.has_url_path() ||
                      !update.attributes().empty()))
        return invalid("Of the default rule only FixedRate and ReservoirSize can be changed.");
    if (update.has_priority() && (update.priority() < 1 || update.priority() > 9'999))
        return invalid("Priority must be between 1 and 9999.");
    if (update.has_fixed_rate() && !(update.fixed_rate() >= 0 && update.fixed_rate() <= 1))
        return invalid("FixedRate must be between 0 and 1.");
    if (update.has_reservoir_size() && update.reservoir_size() < 0)
        return invalid("ReservoirSize must not be negative.");
    if (update.has_resource_arn())
        rule.set_resource_arn(update.resource_arn());
    if (update.has_priority())
        rule.set_priority(update.priority());
    if (update.has_fixed_rate())
        rule.set_fixed_rate(update.fixed_rate());
    if (update.has_reservoir_size())
        rule.set_reservoir_size(update.reservoir_size());
    if (update.has_host())
        rule.set_host(update.host());
    if (update.has_service_name())
        rule.set_service_name(update.service_name());
    if (update.has_service_type())
        rule.set_service_type(update.service_type());
    if (update.has_http_method())
        rule.set_http_method(update.http_method());
    if (update.has_url_path())
        rule.set_url_path(update.url_path());
    if (!update.attributes().empty())
        *rule.mutable_attributes() = update.attributes();
    return absl::OkStatus();
}

template <class Result> Result resultOf(const pb::SamplingRuleRecord& record)
{
    Result result;
    *result.mutable_sampling_rule_record() = record;
    return result;
}

} // namespace

absl::StatusOr<std::unique_ptr<SamplingRules>>
SamplingRules::open(boost::asio::io_context& io, const std::filesystem::path& file,
                    const Clock& clock, const Place& place)
{
    static constexpr std::array<std::string_view, 1> kMigrations = {store::kRecordMapSchema};
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::unique_ptr<SamplingRules> rules(
        new SamplingRules(io, *std::move(database), clock, place));
    auto reader = store::Database::open(file, {}, {.readOnly = true});
    absl::Status status = reader.ok() ? rules->load(*reader) : reader.status();
    if (!status.ok())
        return status;
    return rules;
}

SamplingRules::SamplingRules(boost::asio::io_context& io, store::Database database,
                             const Clock& clock, const Place& place)
    : m_clock(clock), m_place(place),
      m_writer(std::make_unique<store::Writer>(io, std::move(database)))
{
    m_rules.attach(*m_writer);
}

absl::Status SamplingRules::load(store::Database& database)
{
    absl::Status status = m_rules.load(database);
    sort();
    return status;
}

// The default one is there from the start, and in the database only when it was changed.
void SamplingRules::sort()
{
    m_sorted.clear();
    for (const auto& [name, rule] : m_rules.all())
        m_sorted.push_back(rule);
    if (!m_rules.find(kDefault)) {
        Record rule = defaultRule(m_clock.unixMillis());
        rule.mutable_sampling_rule()->set_rule_arn(arnOf(m_place, kDefault));
        m_sorted.push_back(std::make_shared<const Record>(std::move(rule)));
    }
    std::sort(m_sorted.begin(), m_sorted.end(), [](const Rules::Ptr& a, const Rules::Ptr& b) {
        const pb::SamplingRule& left = a->sampling_rule();
        const pb::SamplingRule& right = b->sampling_rule();
        return std::pair(left.priority(), left.rule_name()) <
               std::pair(right.priority(), right.rule_name());
    });
    m_reservoirs.clear();
}

bool SamplingRules::sample(const runtime::EnvironmentSpec& function)
{
    const auto found =
        std::find_if(m_sorted.begin(), m_sorted.end(), [&function](const Rules::Ptr& rule) {
            return matches(rule->sampling_rule(), function);
        });
    if (found == m_sorted.end())
        return false;
    const pb::SamplingRule& rule = (*found)->sampling_rule();
    if (m_reservoirs.size() > kMostReservoirs)
        m_reservoirs.clear();
    Reservoir& reservoir =
        m_reservoirs[absl::StrCat(rule.rule_name(), "\n", function.functionName)];
    const std::int64_t second = m_clock.unixMillis() / 1'000;
    if (reservoir.second != second)
        reservoir = {second, 0};
    if (reservoir.used < rule.reservoir_size()) {
        ++reservoir.used;
        return true;
    }
    return std::uniform_real_distribution<double>(0, 1)(m_random) < rule.fixed_rate();
}

const SamplingRules::Record* SamplingRules::find(const std::string& name,
                                                 const std::string& arn) const
{
    const auto found = std::find_if(m_sorted.begin(), m_sorted.end(), [&](const Rules::Ptr& rule) {
        const pb::SamplingRule& each = rule->sampling_rule();
        return name.empty() ? each.rule_arn() == arn : each.rule_name() == name;
    });
    return found == m_sorted.end() ? nullptr : found->get();
}

absl::StatusOr<pb::GetSamplingRulesResult>
SamplingRules::list(const pb::GetSamplingRulesRequest& request) const
{
    if (!request.next_token().empty())
        return invalid("There is no further page.");
    pb::GetSamplingRulesResult result;
    for (const Rules::Ptr& rule : m_sorted)
        *result.add_sampling_rule_records() = *rule;
    return result;
}

// Each client of a rule gets an equal share of its reservoir.
absl::StatusOr<pb::GetSamplingTargetsResult>
SamplingRules::targets(const pb::GetSamplingTargetsRequest& request)
{
    pb::GetSamplingTargetsResult result;
    const std::int64_t nowMs = m_clock.unixMillis();
    for (const pb::SamplingStatisticsDocument& asked : request.sampling_statistics_documents()) {
        const Record* record = find(asked.rule_name(), {});
        if (!record) {
            pb::UnprocessedStatistics& unknown = *result.add_unprocessed_statistics();
            unknown.set_rule_name(asked.rule_name());
            unknown.set_error_code("400");
            unknown.set_message("There is no sampling rule of this name.");
            continue;
        }
        auto& clients = m_clients[asked.rule_name()];
        std::erase_if(clients, [nowMs](const auto& client) {
            return client.second < nowMs - 3 * kTargetSeconds * 1'000;
        });
        if (clients.size() < kMostClients)
            clients[asked.client_id()] = nowMs;
        const pb::SamplingRule& rule = record->sampling_rule();
        pb::SamplingTargetDocument& target = *result.add_sampling_target_documents();
        target.set_rule_name(rule.rule_name());
        target.set_fixed_rate(rule.fixed_rate());
        target.set_reservoir_quota(rule.reservoir_size() /
                                   std::max(1, static_cast<int>(clients.size())));
        target.set_interval(kTargetSeconds);
        setTime(*target.mutable_reservoir_quota_ttl(), (nowMs + 2 * kTargetSeconds * 1'000) * 1'000);
    }
    for (const Rules::Ptr& rule : m_sorted) {
        if (rule->modified_at().seconds() > result.last_rule_modification().seconds())
            *result.mutable_last_rule_modification() = rule->modified_at();
    }
    return result;
}

void SamplingRules::create(const pb::CreateSamplingRuleRequest& request,
                           Done<pb::CreateSamplingRuleResult> done)
{
    const pb::SamplingRule& rule = request.sampling_rule();
    if (rule.rule_name().empty() || rule.rule_name() == kDefault)
        return done(invalid("RuleName must be a name other than Default."));
    if (rule.version() != 1)
        return done(invalid("Version must be 1."));
    if (rule.has_sampling_rate_boost())
        return done(invalid("SamplingRateBoost is not supported by Gantry."));
    if (find(rule.rule_name(), {}))
        return done(invalid(absl::StrCat("There is a sampling rule ", rule.rule_name(),
                                         " already.")));
    if (m_sorted.size() > kMostRules)
        return done(makeError("RuleLimitExceededException", 400,
                              absl::StrCat("There may be ", kMostRules, " sampling rules.")));
    auto record = std::make_shared<Record>();
    *record->mutable_sampling_rule() = rule;
    record->mutable_sampling_rule()->set_rule_arn(arnOf(m_place, rule.rule_name()));
    setTime(*record->mutable_created_at(), m_clock.unixMicros());
    *record->mutable_modified_at() = record->created_at();
    m_rules.change(
        rule.rule_name(),
        [record](const Record*) -> absl::StatusOr<std::unique_ptr<Record>> {
            return std::make_unique<Record>(*record);
        },
        [this, done = std::move(done)](const absl::StatusOr<Rules::Ptr>& made) {
            if (!made.ok())
                return done(made.status());
            sort();
            done(resultOf<pb::CreateSamplingRuleResult>(**made));
        });
}

void SamplingRules::update(const pb::UpdateSamplingRuleRequest& request,
                           Done<pb::UpdateSamplingRuleResult> done)
{
    const pb::SamplingRuleUpdate& change = request.sampling_rule_update();
    const Record* known = find(change.rule_name(), change.rule_arn());
    if (!known)
        return done(invalid("There is no such sampling rule."));
    auto changed = std::make_shared<Record>(*known);
    if (absl::Status status = apply(change, *changed->mutable_sampling_rule()); !status.ok())
        return done(status);
    setTime(*changed->mutable_modified_at(), m_clock.unixMicros());
    m_rules.change(
        changed->sampling_rule().rule_name(),
        [changed](const Record*) -> absl::StatusOr<std::unique_ptr<Record>> {
            return std::make_unique<Record>(*changed);
        },
        [this, done = std::move(done)](const absl::StatusOr<Rules::Ptr>& made) {
            if (!made.ok())
                return done(made.status());
            sort();
            done(resultOf<pb::UpdateSamplingRuleResult>(**made));
        });
}

void SamplingRules::remove(const pb::DeleteSamplingRuleRequest& request,
                           Done<pb::DeleteSamplingRuleResult> done)
{
    const Record* known = find(request.rule_name(), request.rule_arn());
    if (!known)
        return done(invalid("There is no such sampling rule."));
    if (known->sampling_rule().rule_name() == kDefault)
        return done(invalid("The default rule cannot be deleted."));
    auto removed = std::make_shared<Record>(*known);
    m_rules.change(
        removed->sampling_rule().rule_name(),
        [](const Record*) -> absl::StatusOr<std::unique_ptr<Record>> { return nullptr; },
        [this, removed, done = std::move(done)](const absl::StatusOr<Rules::Ptr>& gone) {
            if (!gone.ok())
                return done(gone.status());
            sort();
            done(resultOf<pb::DeleteSamplingRuleResult>(*removed));
        });
}

} // namespace gantry::observe::traces
