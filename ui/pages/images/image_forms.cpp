#include "ui/pages/images/image_forms.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QRegularExpressionValidator>
#include <QSpinBox>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kFieldWidth = 420;

QGridLayout* makeGrid(QFrame* form)
{
    auto* grid = new QGridLayout(form);
    grid->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace);
    grid->setColumnStretch(2, 1);
    return grid;
}

void addRow(QGridLayout* grid, const QString& label, QWidget* field)
{
    const int row = grid->rowCount();
    auto* name = new QLabel(label);
    name->setBuddy(field);
    field->setFixedWidth(kFieldWidth);
    grid->addWidget(name, row, 0);
    grid->addWidget(field, row, 1);
}

QLineEdit* makeField(const QString& objectName, const QString& accessibleName, const QString& toolTip,
                     const QString& pattern)
{
    auto* field = new QLineEdit;
    widgets::identify(field, objectName, accessibleName, toolTip);
    field->setValidator(new QRegularExpressionValidator(QRegularExpression(pattern), field));
    return field;
}

QLabel* makeProblem(const QString& objectName)
{
    auto* problem = new QLabel;
    problem->setObjectName(objectName);
    problem->setWordWrap(true);
    widgets::setStyleProperty(problem, "tone", QStringLiteral("error"));
    problem->hide();
    return problem;
}

void show(QLabel* problem, const QString& text)
{
    problem->setText(text);
    problem->setVisible(!text.isEmpty());
}

void addButtons(QGridLayout* grid, QLabel* problem, QPushButton* act, QPushButton* cancel)
{
    grid->addWidget(problem, grid->rowCount(), 0, 1, 3);
    auto* row = new QHBoxLayout;
    row->setSpacing(widgets::Theme::kSpace);
    row->addWidget(act);
    row->addWidget(cancel);
    row->addStretch();
    grid->addLayout(row, grid->rowCount(), 0, 1, 3);
}

} // namespace

ImportImageForm::ImportImageForm(QWidget* parent)
    : QFrame(parent), m_source(new QLabel), m_problem(makeProblem(QStringLiteral("importProblem")))
{
    setObjectName(QStringLiteral("importImageForm"));
    widgets::setStyleProperty(this, "card", true);
    m_source->setObjectName(QStringLiteral("importSource"));
    m_repository = makeField(QStringLiteral("importRepository"), tr("Repository"),
                             tr("Lower-case letters, digits, and single . _ - / between them; empty: "
                                "as the archive says"),
                             QStringLiteral("[a-z0-9._/-]{0,256}"));
    m_tag = makeField(QStringLiteral("importTag"), tr("Tag"),
                      tr("A name of this version of the image; empty: as the archive says, or latest"),
                      QStringLiteral("[A-Za-z0-9._-]{0,128}"));
    m_tag->setPlaceholderText(QStringLiteral("latest"));
    m_import = widgets::makeButton(QStringLiteral("importImage"), tr("Import"), ButtonKind::Primary,
                                   QStringLiteral("download"));
    m_import->setToolTip(tr("Read the archive, check its content and keep it"));
    auto* cancel = widgets::makeButton(QStringLiteral("cancelImport"), tr("Cancel import"));
    cancel->setToolTip(tr("Close this form"));
    connect(cancel, &QPushButton::clicked, this, &QWidget::hide);
    connect(m_import, &QPushButton::clicked, this, [this] {
        setBusy(true);
        Q_EMIT importRequested(m_path, m_repository->text(), m_tag->text());
    });
    QGridLayout* grid = makeGrid(this);
    grid->addWidget(m_source, 0, 0, 1, 3);
    addRow(grid, tr("Repository"), m_repository);
    addRow(grid, tr("Tag"), m_tag);
    addButtons(grid, m_problem, m_import, cancel);
}

// The file's own name is a good start for an archive that has none inside.
void ImportImageForm::begin(const QString& path)
{
    m_path = path;
    m_source->setText(tr("From %1").arg(path));
    QString name = QFileInfo(path).fileName().toLower();
    name.remove(QRegularExpression(QStringLiteral("(\\.oci)?\\.(tar|tgz|gz|zst).*$")));
    name.replace(QRegularExpression(QStringLiteral("[^a-z0-9]+")), QStringLiteral("-"));
    name.remove(QRegularExpression(QStringLiteral("^-+|-+$")));
    m_repository->setText(name);
    m_tag->clear();
    setBusy(false);
    ui::show(m_problem, {});
    show();
    m_repository->setFocus();
}

void ImportImageForm::showProblem(const QString& problem)
{
    ui::show(m_problem, problem);
}

void ImportImageForm::setBusy(bool busy)
{
    m_import->setEnabled(!busy);
    m_import->setText(busy ? tr("Importing…") : tr("Import"));
}

DeployImageForm::DeployImageForm(QWidget* parent)
    : QFrame(parent), m_image(new QLabel), m_memory(new QSpinBox), m_timeout(new QSpinBox),
      m_problem(makeProblem(QStringLiteral("deployImageProblem")))
{
    setObjectName(QStringLiteral("deployImageForm"));
    widgets::setStyleProperty(this, "card", true);
    m_image->setObjectName(QStringLiteral("deployImageUri"));
    m_name = makeField(QStringLiteral("deployImageName"), tr("Function name"),
                       tr("Letters, digits, - and _; up to 64"),
                       QStringLiteral("[A-Za-z0-9_-]{0,64}"));
    widgets::identify(m_memory, QStringLiteral("deployImageMemory"), tr("Memory"),
                      tr("Memory of each environment; processor time grows with it"));
    m_memory->setRange(128, 10240);
    m_memory->setSuffix(tr(" MB"));
    widgets::identify(m_timeout, QStringLiteral("deployImageTimeout"), tr("Time-out"),
                      tr("How long an invocation may take"));
    m_timeout->setRange(1, 900);
    m_timeout->setSuffix(tr(" s"));
    m_deploy = widgets::makeButton(QStringLiteral("deployImageNow"), tr("Create function"),
                                   ButtonKind::Primary, QStringLiteral("deploy"));
    m_deploy->setToolTip(tr("Create a function that runs this image"));
    auto* cancel = widgets::makeButton(QStringLiteral("cancelDeployImage"), tr("Cancel deploy"));
    cancel->setToolTip(tr("Close this form"));
    connect(cancel, &QPushButton::clicked, this, &QWidget::hide);
    connect(m_name, &QLineEdit::textChanged, this, &DeployImageForm::check);
    connect(m_deploy, &QPushButton::clicked, this, [this] {
        setBusy(true);
        m_deployment.function = m_name->text();
        m_deployment.memoryMb = m_memory->value();
        m_deployment.timeoutS = m_timeout->value();
        Q_EMIT deployRequested(m_deployment);
    });
    QGridLayout* grid = makeGrid(this);
    grid->addWidget(m_image, 0, 0, 1, 3);
    addRow(grid, tr("Function name"), m_name);
    addRow(grid, tr("Memory"), m_memory);
    addRow(grid, tr("Time-out"), m_timeout);
    addButtons(grid, m_problem, m_deploy, cancel);
}

void DeployImageForm::begin(const rpc::LibraryImage& image)
{
    m_deployment = {};
    m_deployment.imageUri = image.uri;
    if (image.architecture == QLatin1String("arm64"))
        m_deployment.architecture = image.architecture;
    m_image->setText(tr("Of %1").arg(image.uri));
    m_name->setText(image.repository.section(u'/', -1).replace(u'.', u'-'));
    m_memory->setValue(m_deployment.memoryMb);
    m_timeout->setValue(m_deployment.timeoutS);
    setBusy(false);
    ui::show(m_problem, {});
    show();
    m_name->setFocus();
}

void DeployImageForm::showProblem(const QString& problem)
{
    ui::show(m_problem, problem);
}

void DeployImageForm::setBusy(bool busy)
{
    m_busy = busy;
    check();
}

void DeployImageForm::check()
{
    m_deploy->setEnabled(!m_busy && !m_name->text().isEmpty());
}

} // namespace gantry::ui
