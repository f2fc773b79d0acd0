#include "backend/secrets/rotator.h"

#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/functions/registry.h"
#include "backend/invoke/dispatcher.h"
#include "backend/secrets/secret_rules.h"

#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gantry::secrets {
namespace {

constexpr std::array<const char*, 4> kSteps = {"createSecret", "setSecret", "testSecret",
                                               "finishSecret"};
constexpr std::size_t kShownError = 600; // bytes of a function's error

std::size_t indexOf(const std::string& step)
{
    for (std::size_t i = 0; i < kSteps.size(); ++i) {
        if (step == kSteps[i])
            return i;
    }
    return 0;
}

// Cut at the start of a character.
std::string shortened(std::string text)
{
    std::size_t end = std::min(text.size(), kShownError);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    text.resize(end);
    return text;
}

// "Type: message" of the error document that a function left.
std::string errorText(const std::string& payload)
{
    boost::json::error_code error;
    const auto document = boost::json::parse(payload, error);
    if (error || !document.is_object())
        return "The rotation function failed.";
    const auto member = [&](const char* name) {
        const auto* value = document.get_object().if_contains(name);
        return value && value->is_string() ? std::string(value->get_string().c_str())
                                           : std::string();
    };
    const std::string type = member("errorType"), message = member("errorMessage");
    return type.empty() ? message : absl::StrCat(type, ": ", message);
}

} // namespace

struct Rotator::Run {
    RotationOrder order;
    std::size_t step = 0;
};

Rotator::Rotator(SecretStore& store, functions::Registry& registry,
                 invoke::Dispatcher& dispatcher)
    : m_store(store), m_registry(registry), m_dispatcher(dispatcher)
{
}

Rotator::~Rotator()
{
    m_store.onRotation(nullptr);
}

void Rotator::start()
{
    m_store.onRotation([this](const RotationOrder& order) { begin(order, kSteps[0]); });
    m_store.onCheckFunction(
        [this](const std::string& arn) { return m_registry.find(arn).ok(); });
    std::vector<std::pair<RotationOrder, std::string>> interrupted;
    for (const auto& [name, secret] : m_store.all()) {
        if (secret->rotations().empty())
            continue;
        const record::RotationRecord& last = *secret->rotations().rbegin();
        if (last.ended_at_ms() == 0)
            interrupted.emplace_back(RotationOrder{name, last.token(), last.scheduled()},
                                     last.step());
    }
    for (const auto& [order, step] : interrupted) {
        log::info("going on with the rotation of ", order.name, " at ", step);
        begin(order, step);
    }
}

void Rotator::begin(const RotationOrder& order, const std::string& step)
{
    const auto run = std::make_shared<Run>();
    run->order = order;
    run->step = indexOf(step);
    next(run);
}

// The step is on the disk before its function runs.
void Rotator::next(const RunPtr& run)
{
    m_store.noteProgress(run->order, kSteps[run->step],
                         [this, run, alive = std::weak_ptr<bool>(m_alive)](absl::Status status) {
                             if (!alive.expired() && status.ok())
                                 invoke(run);
                         });
}

void Rotator::invoke(const RunPtr& run)
{
    const auto secret = m_store.find(run->order.name);
    if (!secret.ok())
        return;
    invoke::Request request;
    auto target = m_registry.resolve((*secret)->rotation_function(), {}, 0);
    if (!target.ok())
        return fail(run, std::string(view(target.status().message())));
    request.target = *std::move(target);
    request.event = std::make_shared<const std::string>(
        boost::json::serialize(boost::json::object{{"Step", kSteps[run->step]},
                                                   {"SecretId", (*secret)->arn()},
                                                   {"ClientRequestToken", run->order.token}}));
    m_dispatcher.invoke(
        std::move(request), [this, run, alive = std::weak_ptr<bool>(m_alive)](
                                absl::StatusOr<invoke::Result> result) {
            if (alive.expired())
                return;
            if (!result.ok())
                return fail(run, std::string(view(result.status().message())));
            if (result->functionError)
                return fail(run, errorText(result->payload));
            if (const std::string wrong = check(*run); !wrong.empty())
                return fail(run, wrong);
            if (++run->step < kSteps.size())
                return next(run);
            log::info("rotated the secret ", run->order.name);
            m_store.noteEnd(run->order, {}, [](const absl::Status&) {});
        });
}

// What the step must have left; a function that answers without having done it would otherwise
// count as a rotation.
std::string Rotator::check(const Run& run) const
{
    const auto secret = m_store.find(run.order.name);
    if (!secret.ok())
        return "The secret is gone.";
    const bool made = (*secret)->versions().contains(run.order.token);
    if (run.step == 0 && !made)
        return "The function answered createSecret but put no version with the token it was given "
               "(PutSecretValue with ClientRequestToken and the stage AWSPENDING).";
    if (run.step + 1 == kSteps.size() && versionWith(**secret, kCurrent) != run.order.token)
        return "The function answered finishSecret but did not move AWSCURRENT to the new version "
               "(UpdateSecretVersionStage).";
    return {};
}

void Rotator::fail(const RunPtr& run, const std::string& why)
{
    const std::string shown = shortened(m_store.redacted(run->order.name, why));
    log::warning("the rotation of ", run->order.name, " failed at ",
                 kSteps[std::min(run->step, kSteps.size() - 1)]);
    m_store.noteEnd(run->order, shown.empty() ? "The rotation function failed." : shown,
                    [](const absl::Status&) {});
}

} // namespace gantry::secrets
