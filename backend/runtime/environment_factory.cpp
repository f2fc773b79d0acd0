#include "backend/runtime/environment_factory.h"

#include "backend/runtime/snapshots.h"

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
    bool restores() const override { return m_environment->restores(); }
    std::int64_t goodUntilUnixMicros() const override
    {
        return m_environment->goodUntilUnixMicros();
    }
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
    explicit Factory(SandboxedEnvironment::Shared shared)
        : m_shared(std::move(shared)), m_snapshots(m_shared)
    {
    }

    std::unique_ptr<Environment> make(EnvironmentSpec spec, LogSink log) override
    {
        using Role = SandboxedEnvironment::Role;
        auto origin = spec.snapStart ? m_snapshots.find(spec) : nullptr;
        const Role role = origin ? Role::Restored : Role::Ordinary;
        if (origin)
            spec.initializationType = "snap-start";
        return std::make_unique<EnvironmentHandle>(std::make_shared<SandboxedEnvironment>(
            m_shared, std::move(spec), std::move(log), role, std::move(origin)));
    }

    std::string prepareSnapshot(EnvironmentSpec spec, LogSink log,
                                Environment::Initialised done) override
    {
        return m_snapshots.prepare(std::move(spec), std::move(log), std::move(done));
    }
    SnapshotStatus snapshotStatus(const std::string& functionArn,
                                  const std::string& version) const override
    {
        return m_snapshots.status(functionArn, version);
    }
    void dropSnapshots(const std::function<bool(const EnvironmentSpec&)>& which) override
    {
        m_snapshots.drop(which);
    }

private:
    const SandboxedEnvironment::Shared m_shared;
    Snapshots m_snapshots;
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
