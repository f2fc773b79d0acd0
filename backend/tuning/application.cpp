#include "backend/tuning/application.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace gantry::tuning {
namespace {

constexpr std::array<double, 4> kSteps = {0.1, 0.25, 0.5, 1};

using functions::Registry;

void changeMemory(Registry& registry, const std::string& function, int memoryMb,
                  Registry::Configured reply)
{
    aws::lambda::UpdateFunctionConfigurationRequest request;
    request.set_function_name(function);
    request.set_memory_size(memoryMb);
    registry.updateConfiguration(request, std::move(reply));
}

} // namespace

Application::Application(boost::asio::io_context& io, Registry& registry, const Clock& clock,
                         std::string function, v1::ApplyTuningRequest request, Progress progress)
    : m_registry(registry), m_clock(clock), m_function(std::move(function)),
      m_request(std::move(request)), m_progress(std::move(progress)), m_timer(io)
{
}

void Application::start()
{
    const auto found = m_registry.find(m_function);
    if (!found.ok())
        return report(found.status());
    m_applied.set_applied_at_ms(m_clock.unixMillis());
    m_applied.set_memory_mb(m_request.memory_mb());
    m_applied.set_previous_memory_mb(found->version->configuration.memory_size());
    m_applied.set_alias(m_request.alias());
    m_applied.set_shift_minutes(m_request.shift_minutes());
    const auto alias = found->function->aliases.find(m_request.alias());
    if (alias != found->function->aliases.end())
        m_applied.set_previous_alias_version(alias->second->function_version());
    setMemory();
}

void Application::cancel()
{
    m_cancelled = true;
    m_timer.cancel();
}

void Application::setMemory()
{
    changeMemory(m_registry, m_function, m_request.memory_mb(),
                 [self = shared_from_this()](const absl::StatusOr<functions::Configuration>& done) {
                     done.ok() ? self->publish() : self->report(done.status());
                 });
}

void Application::publish()
{
    aws::lambda::PublishVersionRequest request;
    request.set_function_name(m_function);
    request.set_description("Power tuning: " + std::to_string(m_request.memory_mb()) + " MB");
    m_registry.publish(
        request, [self = shared_from_this()](const absl::StatusOr<functions::Configuration>& done) {
            if (!done.ok())
                return self->report(done.status());
            self->m_applied.set_version(done->version());
            self->setAlias();
        });
}

void Application::setAlias()
{
    if (m_request.alias().empty())
        return report(absl::OkStatus());
    if (!m_applied.previous_alias_version().empty()) {
        // From $LATEST there is no way in steps: AWS has no weights there.
        if (m_request.shift_minutes() <= 0 || m_applied.previous_alias_version() == "$LATEST" ||
            m_applied.previous_alias_version() == m_applied.version())
            m_step = kSteps.size() - 1;
        return step();
    }
    aws::lambda::CreateAliasRequest request;
    request.set_function_name(m_function);
    request.set_name(m_request.alias());
    request.set_function_version(m_applied.version());
    m_registry.createAlias(
        request, [self = shared_from_this()](const absl::StatusOr<functions::Alias>& done) {
            if (done.ok())
                self->m_applied.set_alias_weight(1);
            self->report(done.status());
        });
}

void Application::step()
{
    if (m_cancelled)
        return;
    const double weight = kSteps[m_step];
    aws::lambda::UpdateAliasRequest request;
    request.set_function_name(m_function);
    request.set_name(m_applied.alias());
    request.mutable_routing_config();
    if (weight < 1)
        (*request.mutable_routing_config()
              ->mutable_additional_version_weights())[m_applied.version()] = weight;
    else
        request.set_function_version(m_applied.version());
    m_registry.updateAlias(
        request, [self = shared_from_this(), weight](const absl::StatusOr<functions::Alias>& done) {
            if (!self->m_cancelled)
                self->stepped(weight, done.status());
        });
}

void Application::stepped(double weight, const absl::Status& status)
{
    m_applied.clear_next_step_at_ms();
    if (!status.ok())
        m_applied.set_message(awsErrorOf(status).message);
    else
        m_applied.set_alias_weight(weight);
    const bool more = status.ok() && ++m_step < kSteps.size();
    if (more)
        m_applied.set_next_step_at_ms(
            m_clock.unixMillis() +
            static_cast<std::int64_t>(m_applied.shift_minutes() * 60e3 / (kSteps.size() - 1)));
    report(absl::OkStatus());
    if (more)
        waitForStep();
}

void Application::waitForStep()
{
    const std::int64_t left = m_applied.next_step_at_ms() - m_clock.unixMillis();
    m_timer.expires_after(std::chrono::milliseconds(std::max<std::int64_t>(left, 0)));
    m_timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error)
            self->step();
    });
}

void Application::resume(v1::TuningApplication applied)
{
    m_applied = std::move(applied);
    m_step = static_cast<std::size_t>(
        std::upper_bound(kSteps.begin(), kSteps.end(), m_applied.alias_weight()) - kSteps.begin());
    if (m_step < kSteps.size())
        waitForStep();
}

void Application::report(const absl::Status& status)
{
    if (status.ok())
        m_progress(m_applied);
    else
        m_progress(status);
}

void Application::undo(Registry& registry, const std::string& function,
                       v1::TuningApplication applied, Progress done)
{
    applied.set_undone(true);
    applied.clear_message();
    applied.clear_next_step_at_ms();
    const int memoryMb = applied.previous_memory_mb();
    auto memory = [&registry, function, memoryMb, done, applied](const absl::Status& aliasMoved) {
        if (!aliasMoved.ok())
            return done(aliasMoved);
        changeMemory(registry, function, memoryMb,
                     [done, applied](const absl::StatusOr<functions::Configuration>& changed) {
                         if (changed.ok())
                             done(applied);
                         else
                             done(changed.status());
                     });
    };
    if (applied.alias().empty())
        return memory(absl::OkStatus());
    applied.set_alias_weight(0);
    if (applied.previous_alias_version().empty()) {
        aws::lambda::DeleteAliasRequest request;
        request.set_function_name(function);
        request.set_name(applied.alias());
        return registry.removeAlias(request, memory);
    }
    aws::lambda::UpdateAliasRequest request;
    request.set_function_name(function);
    request.set_name(applied.alias());
    request.set_function_version(applied.previous_alias_version());
    request.mutable_routing_config();
    registry.updateAlias(request, [memory](const absl::StatusOr<functions::Alias>& moved) {
        memory(moved.status());
    });
}

} // namespace gantry::tuning
