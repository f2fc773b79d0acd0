#include "backend/runtime/environment_factory.h"

#include "backend/runtime/sandboxed_environment.h"

namespace gantry::runtime {

namespace {

// The owner's end of an environment: dropping it closes the state machine, which may be on the
// stack at that moment and therefore lives on until it has returned.
class EnvironmentHandle final : public Environment {
public:
    explicit EnvironmentHandle(std::shared_ptr<SandboxedEnvironment> environment)
        : m_environment(std::move(environment))
    {
    }
    ~EnvironmentHandle() override { m_environment->close(); }

    const std::string& id() const override { return m_environment->id(); }
    const std::string& logStream() const override { return m_environment->logStream(); }
    void start(Initialised done) override { m_environment->start(std::move(done)); }
    void invoke(Invocation invocation, Done done) override
    {
        m_environment->invoke(std::move(invocation), std::move(done));
    }
    void freeze() override { m_environment->freeze(); }
    void shutdown(std::function<void()> done) override { m_environment->shutdown(std::move(done)); }
    void onDeath(std::function<void()> callback) override
    {
        m_environment->onDeath(std::move(callback));
    }

private:
    std::shared_ptr<SandboxedEnvironment> m_environment;
};

class Factory final : public EnvironmentFactory {
public:
    explicit Factory(SandboxedEnvironment::Shared shared) : m_shared(std::move(shared)) {}

    std::unique_ptr<Environment> make(EnvironmentSpec spec, LogSink log) override
    {
        return std::make_unique<EnvironmentHandle>(
            std::make_shared<SandboxedEnvironment>(m_shared, std::move(spec), std::move(log)));
    }

private:
    const SandboxedEnvironment::Shared m_shared;
};

} // namespace

std::unique_ptr<EnvironmentFactory>
makeEnvironmentFactory(boost::asio::io_context& io, sandbox::Engine& engine,
                       const Catalogue& catalogue, const Clock& clock, EnvironmentOptions options)
{
    return std::make_unique<Factory>(
        SandboxedEnvironment::Shared{io, engine, catalogue, clock, std::move(options)});
}

} // namespace gantry::runtime
