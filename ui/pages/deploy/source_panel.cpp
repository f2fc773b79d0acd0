#include "ui/pages/deploy/source_panel.h"

#include "ui/widgets/code_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace gantry::ui {
namespace {

enum Tab { PathTab, BlueprintTab, WriteTab };

constexpr auto kLastFolder = "deploy/lastFolder";

// Written code starts from the smallest blueprint of its language.
const models::Blueprint* starterOf(const QString& family)
{
    for (const models::Blueprint& blueprint : models::blueprints()) {
        if (blueprint.family == family)
            return &blueprint;
    }
    return nullptr;
}

} // namespace

SourcePanel::SourcePanel(QWidget* parent)
    : QWidget(parent), m_tabs(new QButtonGroup(this)), m_pages(new QStackedWidget(this))
{
    setAcceptDrops(true);
    auto* bar = new QHBoxLayout;
    bar->setSpacing(0);
    const std::pair<const char*, QString> tabs[] = {{"sourcePath", tr("Folder or zip")},
                                                    {"sourceBlueprint", tr("Blueprint")},
                                                    {"sourceWrite", tr("Write it here")}};
    for (int i = 0; i < 3; ++i) {
        auto* button = widgets::makeButton(QString::fromLatin1(tabs[i].first), tabs[i].second,
                                           widgets::ButtonKind::Flat, {}, this);
        button->setCheckable(true);
        m_tabs->addButton(button, i);
        bar->addWidget(button);
    }
    bar->addStretch();
    m_pages->addWidget(makePathPage());
    m_pages->addWidget(makeBlueprintPage());
    m_pages->addWidget(makeWritePage());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(widgets::Theme::kSpace);
    layout->addLayout(bar);
    layout->addWidget(m_pages, 1);
    connect(m_tabs, &QButtonGroup::idClicked, this, &SourcePanel::showPage);
    m_tabs->button(PathTab)->setChecked(true);
}

QWidget* SourcePanel::makePathPage()
{
    auto* page = new QWidget(this);
    auto* folder = widgets::makeButton(QStringLiteral("browseFolder"), tr("Choose a folder…"),
                                       widgets::ButtonKind::Normal, QStringLiteral("folder"), page);
    auto* zip = widgets::makeButton(QStringLiteral("browseZip"), tr("Choose a zip…"),
                                    widgets::ButtonKind::Normal, QStringLiteral("file"), page);
    connect(folder, &QPushButton::clicked, this, [this] { browse(true); });
    connect(zip, &QPushButton::clicked, this, [this] { browse(false); });
    m_path = new QLabel(tr("Drop a folder or a zip here, or choose one."), page);
    m_path->setObjectName(QStringLiteral("sourcePathLabel"));
    m_path->setWordWrap(true);
    m_summary = widgets::makeCaption({}, page);
    m_summary->setObjectName(QStringLiteral("sourceSummary"));

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(folder);
    buttons->addWidget(zip);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_path);
    layout->addWidget(m_summary);
    layout->addLayout(buttons);
    layout->addStretch();
    return page;
}

QWidget* SourcePanel::makeBlueprintPage()
{
    m_blueprints = new QListWidget(this);
    widgets::identify(m_blueprints, QStringLiteral("blueprintList"), tr("Blueprints"));
    for (const models::Blueprint& blueprint : models::blueprints()) {
        auto* item = new QListWidgetItem(widgets::Theme::current().icon(blueprint.icon),
                                         blueprint.title + QStringLiteral("\n") + blueprint.text, m_blueprints);
        item->setData(Qt::UserRole, blueprint.id);
        item->setSizeHint({0, 52});
    }
    m_blueprints->setMinimumHeight(160);
    connect(m_blueprints, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row >= 0)
            choose({DeploySource::Kind::Blueprint, {}, &models::blueprints()[static_cast<size_t>(row)]});
    });
    return m_blueprints;
}

QWidget* SourcePanel::makeWritePage()
{
    auto* page = new QWidget(this);
    m_language = new QComboBox(page);
    widgets::identify(m_language, QStringLiteral("writeLanguage"), tr("Language"));
    m_language->addItem(tr("Python"), QStringLiteral("python"));
    m_language->addItem(tr("JavaScript"), QStringLiteral("nodejs"));
    m_editor = new widgets::CodeEditor(page);
    m_editor->setIdentity(QStringLiteral("writeEditor"), tr("Code of the new function"));
    m_editor->setMinimumHeight(160);
    const auto start = [this] {
        const models::Blueprint* starter = starterOf(m_language->currentData().toString());
        m_editor->setLanguageFor(starter->files.first());
        m_editor->setText(QString::fromUtf8(starter->content(starter->files.first())));
        if (m_pages->currentIndex() == WriteTab)
            choose({DeploySource::Kind::Written, {}, starter});
    };
    connect(m_language, &QComboBox::currentIndexChanged, this, start);
    start();
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_language, 0, Qt::AlignLeft);
    layout->addWidget(m_editor, 1);
    return page;
}

void SourcePanel::browse(bool folder)
{
    QSettings settings;
    auto* dialog = new QFileDialog(this, folder ? tr("Choose the folder of a function")
                                                : tr("Choose a deployment package"),
                                   settings.value(QLatin1String(kLastFolder), QDir::homePath()).toString());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    dialog->setOption(QFileDialog::ShowDirsOnly, folder);
    if (!folder)
        dialog->setNameFilter(tr("Zip archives (*.zip)"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QSettings().setValue(QLatin1String(kLastFolder), QFileInfo(path).path());
        setPath(path);
    });
    dialog->open();
}

void SourcePanel::setPath(const QString& path)
{
    m_path->setText(QDir::toNativeSeparators(path));
    m_summary->clear();
    showPage(PathTab);
    choose({DeploySource::Kind::Path, path, nullptr});
}

void SourcePanel::chooseBlueprint(const QString& id)
{
    showPage(BlueprintTab);
    for (int row = 0; row < m_blueprints->count(); ++row) {
        if (m_blueprints->item(row)->data(Qt::UserRole).toString() == id)
            m_blueprints->setCurrentRow(row);
    }
}

void SourcePanel::showPage(int index)
{
    m_tabs->button(index)->setChecked(true);
    if (m_pages->currentIndex() == index)
        return;
    m_pages->setCurrentIndex(index);
    if (index == BlueprintTab && m_blueprints->currentRow() < 0)
        m_blueprints->setCurrentRow(0);
    else if (index == BlueprintTab)
        choose({DeploySource::Kind::Blueprint, {}, &models::blueprints()[static_cast<size_t>(m_blueprints->currentRow())]});
    else if (index == WriteTab)
        choose({DeploySource::Kind::Written, {}, starterOf(m_language->currentData().toString())});
    else
        choose({});
}

void SourcePanel::choose(DeploySource source)
{
    m_source = source;
    Q_EMIT sourceChanged();
}

std::vector<models::ZipInput> SourcePanel::inputs() const
{
    if (m_source.kind == DeploySource::Kind::Blueprint)
        return m_source.blueprint->inputs();
    if (m_source.kind != DeploySource::Kind::Written)
        return {};
    return {{m_source.blueprint->files.first(), false,
             [bytes = m_editor->text().toUtf8()] { return std::optional(bytes); }}};
}

void SourcePanel::setSummary(const QString& text, bool isError)
{
    m_summary->setText(text);
    widgets::setStyleProperty(m_summary, "tone", isError ? QStringLiteral("error") : QString());
}

void SourcePanel::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().first().isLocalFile())
        event->acceptProposedAction();
}

void SourcePanel::dropEvent(QDropEvent* event)
{
    event->acceptProposedAction();
    setPath(event->mimeData()->urls().first().toLocalFile());
}

} // namespace gantry::ui
