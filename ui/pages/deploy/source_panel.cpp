#include "ui/pages/deploy/source_panel.h"

#include "ui/widgets/code_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
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

// A stack as tall as the page that shows; Qt's own is as tall as its tallest.
class FittingStack final : public QStackedWidget {
public:
    using QStackedWidget::QStackedWidget;

    QSize sizeHint() const override { return currentWidget()->sizeHint(); }
    QSize minimumSizeHint() const override
    {
        return currentWidget()->minimumSizeHint().expandedTo(currentWidget()->minimumSize());
    }
    // The stack's layout would answer with the tallest page.
    bool hasHeightForWidth() const override { return false; }
};

} // namespace

SourcePanel::SourcePanel(QWidget* parent)
    : QWidget(parent), m_tabs(new QButtonGroup(this)), m_pages(new FittingStack(this))
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
    layout->addWidget(m_pages);
    fit();
    connect(m_tabs, &QButtonGroup::idClicked, this, &SourcePanel::showPage);
    m_tabs->button(PathTab)->setChecked(true);
}

QWidget* SourcePanel::makePathPage()
{
    m_pathPages = new FittingStack(this);
    auto* invitation = new widgets::EmptyState(m_pathPages);
    invitation->setIcon(QStringLiteral("folder"));
    invitation->setTitle(tr("Drop a folder or a zip"));
    invitation->setText(tr("Runtime and handler are found by looking at the files."));
    invitation->setDropHint(tr("A drop anywhere on the window works as well"));
    connect(invitation->addAction(QStringLiteral("browseFolder"), tr("Choose a folder…"), QStringLiteral("folder")),
            &QPushButton::clicked, this, [this] { browse(true); });
    connect(invitation->addAction(QStringLiteral("browseZip"), tr("Choose a zip…"), QStringLiteral("file")),
            &QPushButton::clicked, this, [this] { browse(false); });

    auto* chosen = widgets::makeCard(m_pathPages);
    m_path = new QLabel(chosen);
    m_path->setObjectName(QStringLiteral("sourcePathLabel"));
    m_path->setWordWrap(true);
    m_path->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_summary = widgets::makeCaption({}, chosen);
    m_summary->setObjectName(QStringLiteral("sourceSummary"));
    auto* other = widgets::makeButton(QStringLiteral("browseOther"), tr("Choose another…"),
                                      widgets::ButtonKind::Link, {}, chosen);
    connect(other, &QPushButton::clicked, this, [this] {
        m_pathPages->setCurrentIndex(0);
        fit();
        choose({});
    });
    auto* layout = widgets::cardLayout(chosen);
    layout->addWidget(m_path);
    layout->addWidget(m_summary);
    layout->addWidget(other, 0, Qt::AlignLeft);
    m_pathPages->addWidget(invitation);
    m_pathPages->addWidget(chosen);
    return m_pathPages;
}

// What was chosen takes no more room than its lines; the other pages use what there is.
void SourcePanel::fit()
{
    const bool chosen = m_pages->currentIndex() == PathTab && m_pathPages->currentIndex() == 1;
    for (QStackedWidget* stack : {m_pathPages, m_pages})
        stack->setSizePolicy(QSizePolicy::Preferred,
                             chosen ? QSizePolicy::Maximum : QSizePolicy::Preferred);
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
    m_blueprints->setMinimumHeight(220);
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
    m_language->addItem(tr("Ruby"), QStringLiteral("ruby"));
    m_editor = new widgets::CodeEditor(page);
    m_editor->setIdentity(QStringLiteral("writeEditor"), tr("Code of the new function"));
    m_editor->setMinimumHeight(180);
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
        dialog->setNameFilter(tr("Zip archives and jars (*.zip *.jar)"));
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
    m_pathPages->setCurrentIndex(1);
    showPage(PathTab);
    fit();
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
    fit();
    if (index == BlueprintTab && m_blueprints->currentRow() < 0)
        m_blueprints->setCurrentRow(0);
    else if (index == BlueprintTab)
        choose({DeploySource::Kind::Blueprint, {}, &models::blueprints()[static_cast<size_t>(m_blueprints->currentRow())]});
    else if (index == WriteTab)
        choose({DeploySource::Kind::Written, {}, starterOf(m_language->currentData().toString())});
    else
        choose(m_pathPages->currentIndex() == 1
                   ? DeploySource{DeploySource::Kind::Path, QDir::fromNativeSeparators(m_path->text()), nullptr}
                   : DeploySource{});
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
