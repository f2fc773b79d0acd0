#include "ui/pages/deploy/deploy_dialog.h"

#include "ui/models/format.h"
#include "ui/models/package_source.h"
#include "ui/models/watched_deploys.h"
#include "ui/pages/deploy/deploy_progress.h"
#include "ui/pages/deploy/settings_form.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QDir>
#include <QFileInfo>
#include <QFutureWatcher>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <QtConcurrent>

namespace gantry::ui {
namespace {

constexpr QLatin1String kBlueprintScheme("blueprint:");

} // namespace

struct DeployDialog::Inspection {
    models::Inference inference;
    models::NativeFiles natives;
    QString summary;
    QString error;
};

DeployDialog::Inspection DeployDialog::inspect(const QString& path,
                                               const QList<rpc::RuntimeInfo>& runtimes)
{
    Inspection result;
    const auto source = models::PackageSource::open(path, &result.error);
    if (!source)
        return result;
    result.inference = models::inferPackage(*source, runtimes);
    result.natives = models::nativeFilesOf(*source);
    result.summary = tr("%n file(s), %1", nullptr, static_cast<int>(source->files().size()))
                         .arg(models::formatBytes(source->totalSize()));
    if (!source->ignored().isEmpty())
        result.summary +=
            tr(" · left out: %1").arg(source->ignored().mid(0, 5).join(QStringLiteral(", ")));
    return result;
}

DeployDialog::DeployDialog(const Services& services, QWidget* parent) : QDialog(parent), m_services(services)
{
    setWindowTitle(tr("Deploy a function"));
    setObjectName(QStringLiteral("deployDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(640, 720);
    m_steps = new QStackedWidget(this);
    m_steps->addWidget(makeForm());
    m_progress = new DeployProgress(m_steps);
    m_steps->addWidget(m_progress);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(widgets::Theme::kPageMargin, widgets::Theme::kPageMargin,
                               widgets::Theme::kPageMargin, widgets::Theme::kMargin);
    layout->setSpacing(widgets::Theme::kMargin);
    layout->addWidget(m_steps, 1);
    layout->addWidget(makeButtons());
    loadChoices();
    update();
}

DeployDialog::~DeployDialog() = default;

QWidget* DeployDialog::makeForm()
{
    auto* form = new QWidget(this);
    m_source = new SourcePanel(form);
    m_settings = new SettingsForm(form);
    auto* layout = new QVBoxLayout(form);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(widgets::Theme::kMargin);
    layout->addWidget(widgets::makeHeading(tr("Code"), form));
    layout->addWidget(m_source);
    layout->addWidget(widgets::makeHeading(tr("Function"), form));
    layout->addWidget(m_settings);
    layout->addStretch(1);
    connect(m_source, &SourcePanel::sourceChanged, this, &DeployDialog::sourceChanged);
    connect(m_settings, &SettingsForm::nameChanged, this, &DeployDialog::checkName);
    connect(m_settings, &SettingsForm::changed, this, &DeployDialog::update);
    return form;
}

QWidget* DeployDialog::makeButtons()
{
    auto* bar = new QWidget(this);
    m_problem = widgets::makeCaption({}, bar);
    m_problem->setObjectName(QStringLiteral("deployProblem"));
    m_back = widgets::makeButton(QStringLiteral("deployBack"), tr("Back"), widgets::ButtonKind::Normal, {}, bar);
    m_close = widgets::makeButton(QStringLiteral("deployClose"), tr("Cancel"), widgets::ButtonKind::Normal, {}, bar);
    m_test = widgets::makeButton(QStringLiteral("deployTest"), tr("Test it"), widgets::ButtonKind::Primary,
                                 QStringLiteral("play"), bar);
    m_deploy = widgets::makeButton(QStringLiteral("deployStart"), tr("Deploy"), widgets::ButtonKind::Primary,
                                   QStringLiteral("deploy"), bar);
    m_deploy->setDefault(true);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(widgets::Theme::kSpace);
    layout->addWidget(m_problem, 1);
    for (QPushButton* button : {m_back, m_close, m_test, m_deploy})
        layout->addWidget(button);
    connect(m_back, &QPushButton::clicked, this, &DeployDialog::edit);
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_deploy, &QPushButton::clicked, this, &DeployDialog::deploy);
    connect(m_test, &QPushButton::clicked, this, [this] {
        Q_EMIT openRequested(QStringLiteral("functions/%1/test").arg(m_settings->function().name));
        close();
    });
    m_back->hide();
    m_test->hide();
    return bar;
}

void DeployDialog::loadChoices()
{
    m_services.platformApi->listRuntimes(this, [this](const rpc::Result<QList<rpc::RuntimeInfo>>& result) {
        if (!result) {
            m_problem->setText(result.error().message);
            return;
        }
        m_runtimes = *result;
        m_settings->setRuntimes(m_runtimes);
        sourceChanged();  // what was dropped could not be judged before
    });
    m_services.platformApi->getPrices(this, [this](const rpc::Result<rpc::PriceTable>& result) {
        if (result)
            m_settings->setPrices(*result);
    });
}

void DeployDialog::setPaths(const QStringList& paths)
{
    if (paths.isEmpty())
        return;
    if (paths.first().startsWith(kBlueprintScheme))
        m_source->chooseBlueprint(paths.first().mid(kBlueprintScheme.size()));
    else
        m_source->setPath(paths.first());
}

void DeployDialog::sourceChanged()
{
    const DeploySource source = m_source->source();
    m_sourceReady = source.blueprint != nullptr;
    m_summary.clear();
    m_natives.clear();
    m_settings->setWatchable(source.kind == DeploySource::Kind::Path && QFileInfo(source.path).isDir());
    if (source.kind == DeploySource::Kind::Path && !m_runtimes.isEmpty())
        inspectPath(source.path);
    else if (source.blueprint)
        m_settings->apply(models::functionFrom(*source.blueprint, m_runtimes));
    update();
}

void DeployDialog::inspectPath(const QString& path)
{
    auto* future = new QFutureWatcher<Inspection>(this);
    connect(future, &QFutureWatcher<Inspection>::finished, this, [this, future, path] {
        future->deleteLater();
        inspected(path, future->result());
    });
    future->setFuture(QtConcurrent::run(&inspect, path, m_runtimes));
}

void DeployDialog::inspected(const QString& path, const Inspection& found)
{
    if (m_source->source().path != path)
        return;  // another one was chosen since
    m_sourceReady = found.error.isEmpty();
    m_summary = {found.error.isEmpty() ? found.summary : found.error};
    m_natives = found.natives;
    if (m_sourceReady) {
        m_settings->apply(found.inference);
        if (!found.inference.warning.isEmpty())
            m_summary << found.inference.warning;
    }
    update();
}

// The architecture may be chosen after the files.
void DeployDialog::showSummary()
{
    QStringList lines = m_summary;
    const QString problem =
        models::architectureProblem(m_natives, m_settings->function().architecture);
    if (m_sourceReady && !problem.isEmpty())
        lines << problem;
    m_source->setSummary(lines.join(u'\n'), !m_sourceReady || lines.size() > 1);
}

void DeployDialog::checkName(const QString& name)
{
    m_exists = false;
    if (name.isEmpty())
        return;
    m_services.functionsApi->get(name, {}, this, [this, name](const rpc::Result<rpc::FunctionDetails>& result) {
        if (m_settings->function().name != name)
            return;
        m_exists = static_cast<bool>(result);
        m_settings->setExists(m_exists);
        update();
    });
}

void DeployDialog::update()
{
    if (!m_summary.isEmpty())
        showSummary();
    QString problem = m_settings->problem();
    if (m_source->source().kind == DeploySource::Kind::None)
        problem = tr("Choose what to deploy.");
    m_problem->setText(m_sourceReady || problem.isEmpty() ? problem : QString());
    m_settings->setEnabled(m_sourceReady);
    m_deploy->setEnabled(problem.isEmpty() && m_sourceReady && !m_job);
    m_deploy->setText(m_exists ? tr("Deploy over it") : tr("Deploy"));
}

void DeployDialog::deploy()
{
    models::DeployPlan plan;
    const DeploySource source = m_source->source();
    plan.source = source.kind == DeploySource::Kind::Path ? source.path : QString();
    plan.inputs = m_source->inputs();
    plan.function = m_settings->function();
    plan.update = m_exists;
    plan.updateConfiguration = m_exists;
    m_job = std::make_unique<models::DeployJob>(*m_services.functionsApi, plan);
    connect(m_job.get(), &models::DeployJob::phaseChanged, m_progress, &DeployProgress::enter);
    connect(m_job.get(), &models::DeployJob::packed, m_progress, &DeployProgress::setPacked);
    connect(m_job.get(), &models::DeployJob::finished, this, &DeployDialog::finished);
    m_progress->reset();
    m_steps->setCurrentWidget(m_progress);
    m_deploy->hide();
    m_job->start();
}

void DeployDialog::finished(const models::DeployJob::Outcome& outcome)
{
    m_job.release()->deleteLater();  // it is the sender
    m_progress->finish(outcome);
    m_close->setText(tr("Close"));
    const bool started = outcome.deployed && outcome.check.ok;
    m_test->setVisible(started);
    m_back->setVisible(!started);
    if (!outcome.deployed)
        return;
    const QString name = outcome.configuration.name;
    if (m_settings->watch())
        m_services.watchedDeploys->watch(name, m_source->source().path);
    m_exists = true;
    Q_EMIT deployed(name);
}

void DeployDialog::edit()
{
    m_steps->setCurrentIndex(0);
    m_back->hide();
    m_test->hide();
    m_deploy->show();
    m_close->setText(tr("Cancel"));
    sourceChanged();  // the files may have been mended meanwhile
    checkName(m_settings->function().name);
}

} // namespace gantry::ui
