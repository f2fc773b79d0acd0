#pragma once

#include "ui/models/package_build.h"
#include "ui/models/zip_archive.h"
#include "ui/rpc/functions_types.h"
#include "ui/rpc/result.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <atomic>
#include <memory>
#include <vector>

namespace gantry::rpc {
class FunctionsApi;
}

namespace gantry::models {

// What is to be deployed and as what.
struct DeployPlan {
    QString source;                // a folder or a zip; empty when inputs are given
    std::vector<ZipInput> inputs;  // the editor's files
    rpc::NewFunction function;     // zip is filled in by the job
    bool update = false;           // the function exists: its code is replaced...
    bool updateConfiguration = false;  // ...and runtime, handler, memory, time-out, variables too
};

// One deploy, step by step, from files on disk to an environment whose init went through. Source of
// a compiled language is built first. Nothing blocks: packing runs on a worker thread, the rest are calls. Deleting the job abandons it.
class DeployJob final : public QObject {
    Q_OBJECT
public:
    enum class Phase { Building, Packing, Uploading, Activating, Checking };
    Q_ENUM(Phase)

    struct Outcome {
        bool deployed = false;   // the platform runs the new code
        bool unchanged = false;  // it ran the same code before
        QString error;           // why it was not deployed
        QString compilerOutput;  // when it did not compile
        rpc::FunctionConfiguration configuration;
        rpc::InitCheck check;    // when deployed
        qint64 packageBytes = 0;
        qint64 elapsedMs = 0;
    };

    DeployJob(rpc::FunctionsApi& api, DeployPlan plan, QObject* parent = nullptr);
    ~DeployJob() override;

    void start();

Q_SIGNALS:
    void phaseChanged(gantry::models::DeployJob::Phase phase);
    void packed(int files, int ofFiles);
    void finished(const gantry::models::DeployJob::Outcome& outcome);

private:
    QStringList topLevelFiles() const;
    void build(const BuildRecipe& recipe);
    void pack();
    void upload(const QByteArray& zip);
    void created(const rpc::Result<rpc::FunctionConfiguration>& result);
    void codeUpdated(const rpc::Result<rpc::FunctionConfiguration>& result);
    void awaitActive();
    void active();
    void configure();
    void check();
    void fail(const QString& error);
    void enter(Phase phase);

    rpc::FunctionsApi& m_api;
    DeployPlan m_plan;
    std::shared_ptr<std::atomic_bool> m_cancelled;
    std::unique_ptr<PackageBuild> m_build; // its package is read until the upload
    QElapsedTimer m_clock;
    QTimer m_poll;
    int m_polls = 0;
    bool m_configured = false;
    Outcome m_outcome;
};

} // namespace gantry::models
