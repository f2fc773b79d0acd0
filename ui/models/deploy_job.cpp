#include "ui/models/deploy_job.h"

#include "ui/models/package_pack.h"
#include "ui/rpc/functions_api.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFutureWatcher>
#include <QPointer>
#include <QtConcurrent>

namespace gantry::models {
namespace {

constexpr int kPollMs = 100;
constexpr int kMostPolls = 600;

PackedPackage packSource(const DeployPlan& plan, const PackProgress& progress)
{
    return plan.source.isEmpty() ? packInputs(plan.inputs, progress)
                                 : packPath(plan.source, progress);
}

} // namespace

DeployJob::DeployJob(rpc::FunctionsApi& api, DeployPlan plan, QObject* parent)
    : QObject(parent), m_api(api), m_plan(std::move(plan)),
      m_cancelled(std::make_shared<std::atomic_bool>(false))
{
    m_poll.setInterval(kPollMs);
    connect(&m_poll, &QTimer::timeout, this, &DeployJob::awaitActive);
}

DeployJob::~DeployJob() { *m_cancelled = true; }

void DeployJob::start()
{
    m_clock.start();
    if (const auto recipe = recipeFor(topLevelFiles()))
        build(*recipe);
    else
        pack();
}

QStringList DeployJob::topLevelFiles() const
{
    if (!m_plan.source.isEmpty())
        return QDir(m_plan.source).entryList(QDir::Files); // none when it is a zip
    QStringList names;
    for (const ZipInput& input : m_plan.inputs)
        names << input.path;
    return names;
}

void DeployJob::build(const BuildRecipe& recipe)
{
    enter(Phase::Building);
    m_build = std::make_unique<PackageBuild>(recipe, m_plan.source, m_plan.inputs);
    connect(m_build.get(), &PackageBuild::finished, this, [this](const QString& error, const QString& output) {
        if (!error.isEmpty()) {
            m_outcome.compilerOutput = output;
            fail(error);
            return;
        }
        m_plan.source = m_build->package();
        m_plan.inputs.clear();
        pack();
    });
    m_build->start();
}

void DeployJob::enter(Phase phase) { Q_EMIT phaseChanged(phase); }

void DeployJob::pack()
{
    enter(Phase::Packing);
    auto* future = new QFutureWatcher<PackedPackage>(this);
    connect(future, &QFutureWatcher<PackedPackage>::finished, this, [this, future] {
        future->deleteLater();
        const PackedPackage packed = future->result();
        if (packed.error.isEmpty())
            upload(packed.zip);
        else
            fail(packed.error);
    });
    const auto progress = [cancelled = m_cancelled, self = QPointer<DeployJob>(this)](int done, int total) {
        if (*cancelled)
            return false;
        if (self && (done == total || done % 25 == 0))
            QMetaObject::invokeMethod(self, [self, done, total] {
                if (self)
                    Q_EMIT self->packed(done, total);
            });
        return true;
    };
    future->setFuture(QtConcurrent::run([plan = m_plan, progress] { return packSource(plan, progress); }));
}

void DeployJob::upload(const QByteArray& zip)
{
    enter(Phase::Uploading);
    m_outcome.packageBytes = zip.size();
    m_plan.function.zip = zip;
    if (!m_plan.update) {
        m_api.create(m_plan.function, this, [this](const auto& result) { created(result); });
        return;
    }
    rpc::CodeUpdate update;
    update.zip = zip;
    update.architecture = m_plan.function.architecture;
    const QString name = m_plan.function.name;
    // What runs now is compared first: an unchanged package is said to be that.
    m_api.get(name, {}, this, [this, name, update](const rpc::Result<rpc::FunctionDetails>& before) {
        if (before) {
            const QByteArray sha = QCryptographicHash::hash(update.zip, QCryptographicHash::Sha256).toBase64();
            m_outcome.unchanged = before->configuration.codeSha256 == QString::fromLatin1(sha);
        }
        m_api.updateCode(name, update, this, [this](const auto& result) { codeUpdated(result); });
    });
}

void DeployJob::created(const rpc::Result<rpc::FunctionConfiguration>& result)
{
    m_configured = true;
    codeUpdated(result);
}

void DeployJob::codeUpdated(const rpc::Result<rpc::FunctionConfiguration>& result)
{
    if (!result) {
        fail(result.error().message);
        return;
    }
    enter(Phase::Activating);
    m_polls = 0;
    m_poll.start();
}

void DeployJob::awaitActive()
{
    m_poll.stop();
    m_api.get(m_plan.function.name, {}, this, [this](const rpc::Result<rpc::FunctionDetails>& result) {
        if (!result) {
            fail(result.error().message);
            return;
        }
        const auto& now = m_outcome.configuration = result->configuration;
        if (now.state == QLatin1String("Failed") || now.lastUpdateStatus == QLatin1String("Failed"))
            fail(now.stateReason.isEmpty() ? now.lastUpdateReason : now.stateReason);
        else if (now.state == QLatin1String("Active") && now.lastUpdateStatus != QLatin1String("InProgress"))
            active();
        else if (++m_polls >= kMostPolls)
            fail(tr("The function did not become active within a minute."));
        else
            m_poll.start();
    });
}

void DeployJob::active()
{
    if (m_configured || !m_plan.updateConfiguration) {
        check();
        return;
    }
    m_configured = true;
    configure();
}

void DeployJob::configure()
{
    const rpc::NewFunction& wanted = m_plan.function;
    rpc::ConfigurationChange change;
    change.runtime = wanted.runtime;
    change.handler = wanted.handler;
    change.memoryMb = wanted.memoryMb;
    change.timeoutS = wanted.timeoutS;
    change.environment = wanted.environment;
    m_api.updateConfiguration(wanted.name, change, this, [this](const auto& result) { codeUpdated(result); });
}

void DeployJob::check()
{
    enter(Phase::Checking);
    m_api.checkInit(m_plan.function.name, this, [this](const rpc::Result<rpc::InitCheck>& result) {
        if (result)
            m_outcome.check = *result;
        else
            m_outcome.check.errorMessage = result.error().message;
        m_outcome.deployed = true;
        m_outcome.elapsedMs = m_clock.elapsed();
        Q_EMIT finished(m_outcome);
    });
}

void DeployJob::fail(const QString& error)
{
    m_outcome.error = error;
    m_outcome.elapsedMs = m_clock.elapsed();
    Q_EMIT finished(m_outcome);
}

} // namespace gantry::models
