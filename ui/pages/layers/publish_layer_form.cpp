#include "ui/pages/layers/publish_layer_form.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFutureWatcher>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QRegularExpression>
#include <QRegularExpressionValidator>
#include <QUrl>
#include <QtConcurrent>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kMaxRuntimes = 15;
constexpr int kFieldWidth = 420;

QLabel* addRow(QGridLayout* grid, const QString& label, QWidget* field, const QString& hint)
{
    const int row = grid->rowCount();
    auto* name = new QLabel(label);
    name->setBuddy(field);
    grid->addWidget(name, row, 0);
    grid->addWidget(field, row, 1);
    auto* note = widgets::makeCaption(hint);
    grid->addWidget(note, row, 2);
    return note;
}

QStringList words(const QString& text)
{
    static const QRegularExpression kBetween(QStringLiteral("[,\\s]+"));
    return text.split(kBetween, Qt::SkipEmptyParts);
}

} // namespace

PublishLayerForm::PublishLayerForm(QWidget* parent)
    : QFrame(parent), m_name(new QLineEdit), m_description(new QLineEdit),
      m_runtimes(new QLineEdit), m_x86(new QCheckBox(QStringLiteral("x86_64"))),
      m_arm(new QCheckBox(QStringLiteral("arm64"))), m_source(new QLabel),
      m_problem(widgets::makeCaption({})),
      m_publish(widgets::makeButton(QStringLiteral("publishLayer"), tr("Publish"),
                                    ButtonKind::Primary, QStringLiteral("deploy")))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("publishLayerForm"));
    setAcceptDrops(true);
    widgets::identify(m_name, QStringLiteral("layerName"), tr("Name of the layer"));
    widgets::identify(m_description, QStringLiteral("layerDescription"),
                      tr("Description of the layer version"));
    widgets::identify(m_runtimes, QStringLiteral("layerRuntimes"), tr("Compatible runtimes"));
    widgets::identify(m_x86, QStringLiteral("layerX86"), tr("Fits x86_64"));
    widgets::identify(m_arm, QStringLiteral("layerArm"), tr("Fits arm64"));
    m_name->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[A-Za-z0-9_-]{1,140}")), m_name));
    m_description->setMaxLength(256);
    for (QLineEdit* field : {m_name, m_description, m_runtimes})
        field->setMaximumWidth(kFieldWidth);
    m_problem->setObjectName(QStringLiteral("layerProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));

    auto* folder = widgets::makeButton(QStringLiteral("layerFolder"), tr("Folder…"),
                                       ButtonKind::Normal, QStringLiteral("folder"));
    auto* zip = widgets::makeButton(QStringLiteral("layerZip"), tr("Zip…"), ButtonKind::Normal,
                                    QStringLiteral("file"));
    connect(folder, &QPushButton::clicked, this, [this] { browse(true); });
    connect(zip, &QPushButton::clicked, this, [this] { browse(false); });
    auto* source = new QWidget;
    auto* sourceRow = new QHBoxLayout(source);
    sourceRow->setContentsMargins(0, 0, 0, 0);
    sourceRow->addWidget(folder);
    sourceRow->addWidget(zip);
    sourceRow->addWidget(m_source, 1);
    auto* architectures = new QWidget;
    auto* architectureRow = new QHBoxLayout(architectures);
    architectureRow->setContentsMargins(0, 0, 0, 0);
    architectureRow->addWidget(m_x86);
    architectureRow->addWidget(m_arm);
    architectureRow->addStretch();

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace);
    grid->setColumnStretch(2, 1);
    addRow(grid, tr("Name"), m_name, tr("Letters, digits, - and _; up to 140"));
    addRow(grid, tr("Content"), source,
           tr("Its files appear in /opt: python/ and nodejs/node_modules/ are found by import, bin/ "
              "by PATH, lib/ by the linker. Up to 50 MB zipped, 250 MB with the function."));
    addRow(grid, tr("Description"), m_description, tr("Up to 256 characters"));
    addRow(grid, tr("Runtimes"), m_runtimes, tr("Up to 15, e.g. python3.12, python3.13; empty: any"));
    addRow(grid, tr("Architectures"), architectures, tr("None: any"));

    auto* cancel = widgets::makeButton(QStringLiteral("cancelLayer"), tr("Cancel"));
    connect(cancel, &QPushButton::clicked, this, &PublishLayerForm::cancelled);
    connect(m_publish, &QPushButton::clicked, this, &PublishLayerForm::pack);
    connect(m_name, &QLineEdit::textChanged, this, &PublishLayerForm::check);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_publish);
    buttons->addWidget(cancel);
    buttons->addStretch();

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(widgets::makeHeading(tr("New layer version"), this));
    column->addLayout(grid);
    column->addWidget(m_problem);
    column->addLayout(buttons);
    begin({});
}

void PublishLayerForm::begin(const QString& layer)
{
    m_name->setText(layer);
    m_name->setReadOnly(!layer.isEmpty());
    m_description->clear();
    m_path.clear();
    m_source->setText(tr("or drop one here"));
    showProblem({});
    setBusy(false);
    (layer.isEmpty() ? m_name : m_description)->setFocus();
}

void PublishLayerForm::showProblem(const QString& problem)
{
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

void PublishLayerForm::setBusy(bool busy)
{
    m_busy = busy;
    m_publish->setText(busy ? tr("Publishing…") : tr("Publish"));
    check();
}

void PublishLayerForm::setPath(const QString& path)
{
    m_path = path;
    m_source->setText(QDir::toNativeSeparators(path));
    showProblem({});
    check();
}

void PublishLayerForm::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().first().isLocalFile())
        event->acceptProposedAction();
}

void PublishLayerForm::dropEvent(QDropEvent* event)
{
    setPath(event->mimeData()->urls().first().toLocalFile());
    event->acceptProposedAction();
}

void PublishLayerForm::browse(bool folder)
{
    auto* dialog = new QFileDialog(this, folder ? tr("Choose the folder of a layer")
                                                : tr("Choose the zip of a layer"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    dialog->setOption(QFileDialog::ShowDirsOnly, folder);
    if (!folder)
        dialog->setNameFilter(tr("Zip archives (*.zip)"));
    connect(dialog, &QFileDialog::fileSelected, this, &PublishLayerForm::setPath);
    dialog->open();
}

void PublishLayerForm::check()
{
    m_publish->setEnabled(!m_busy && !m_path.isEmpty() && m_name->hasAcceptableInput());
}

void PublishLayerForm::pack()
{
    if (words(m_runtimes->text()).size() > kMaxRuntimes) {
        showProblem(tr("A layer version can name at most 15 runtimes."));
        return;
    }
    showProblem({});
    setBusy(true);
    auto* future = new QFutureWatcher<models::PackedPackage>(this);
    connect(future, &QFutureWatcher<models::PackedPackage>::finished, this, [this, future] {
        future->deleteLater();
        packed(future->result());
    });
    future->setFuture(QtConcurrent::run(
        [path = m_path] { return models::packPath(path, [](int, int) { return true; }); }));
}

void PublishLayerForm::packed(const models::PackedPackage& package)
{
    if (!package.error.isEmpty()) {
        setBusy(false);
        showProblem(package.error);
        return;
    }
    rpc::NewLayerVersion layer = values();
    layer.zip = package.zip;
    Q_EMIT publishRequested(layer);
}

rpc::NewLayerVersion PublishLayerForm::values() const
{
    rpc::NewLayerVersion layer;
    layer.layer = m_name->text();
    layer.description = m_description->text();
    layer.runtimes = words(m_runtimes->text());
    for (const QCheckBox* box : {m_x86, m_arm}) {
        if (box->isChecked())
            layer.architectures << box->text();
    }
    return layer;
}

} // namespace gantry::ui
