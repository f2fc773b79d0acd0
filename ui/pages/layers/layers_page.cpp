#include "ui/pages/layers/layers_page.h"

#include "ui/models/format.h"
#include "ui/pages/layers/publish_layer_form.h"
#include "ui/pages/layers/share_layer_dialog.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>

namespace gantry::ui {

using models::LayerVersionsModel;
using rpc::LayerVersion;
using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr int kRowHeight = 32;
} // namespace

Page* makeLayersPage(const Services& services, QWidget* parent)
{
    return new LayersPage(services, parent);
}

LayersPage::LayersPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_api(*services.channel), m_form(new PublishLayerForm)
{
    setObjectName(QStringLiteral("layersPage"));
    m_header = new widgets::SectionHeader(tr("Layers"), widgets::SectionHeader::Level::Page, this);
    auto* create = widgets::makeButton(QStringLiteral("newLayer"), tr("New layer"),
                                       ButtonKind::Primary, QStringLiteral("plus"));
    create->setToolTip(tr("Publish the first version of a layer"));
    connect(create, &QPushButton::clicked, this, [this] { openForm(true); });
    m_header->addControl(create);
    m_form->hide();
    connect(m_form, &PublishLayerForm::cancelled, m_form, &QWidget::hide);
    connect(m_form, &PublishLayerForm::publishRequested, this, [this](const rpc::NewLayerVersion& layer) {
        m_api.publish(layer, this, [this](const rpc::Result<LayerVersion>& published) {
            m_form->setBusy(false);
            if (!published)
                return m_form->showProblem(published.error().message);
            m_form->hide();
            m_layer = published->layer;
            Q_EMIT messageRequested(
                tr("Published %1, version %2").arg(published->layer).arg(published->version), false);
            load();
        });
    });

    m_empty = new widgets::EmptyState;
    m_empty->setIcon(QStringLiteral("layers"));
    m_empty->setTitle(tr("No layers yet"));
    m_empty->setText(tr("A layer is a package of libraries or tools that several functions share: "
                        "its files appear in /opt of each. A function has up to five."));
    connect(m_empty->addAction(QStringLiteral("firstLayer"), tr("Publish a layer"),
                               QStringLiteral("plus")),
            &QPushButton::clicked, this, [this] { openForm(true); });
    auto* stacked = new QWidget;
    m_stack = new QStackedLayout(stacked);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeContent());

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    column->addWidget(m_form);
    column->addWidget(stacked, 1);
    connect(m_services.channel, &rpc::Channel::stateChanged, this, [this] {
        if (isVisible())
            load();
    });
}

QWidget* LayersPage::makeContent()
{
    m_layerTable = makeTable(QStringLiteral("layerTable"), tr("Layers, each with its newest version"),
                             m_layers);
    m_versionTable = makeTable(QStringLiteral("layerVersionTable"), tr("Versions of the layer"),
                               m_versions);
    m_versionTable->hideColumn(LayerVersionsModel::Layer);
    connect(m_layerTable->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (!current.isValid())
                    return;
                m_layer = m_layers.at(current.row()).layer;
                Q_EMIT routeChanged(m_layer);
                loadVersions();
            });
    connect(m_versionTable->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &LayersPage::updateActions);

    m_versionsHeader = new widgets::SectionHeader(tr("Versions"));
    auto* publish = widgets::makeButton(QStringLiteral("newLayerVersion"), tr("New version"),
                                        ButtonKind::Normal, QStringLiteral("plus"));
    publish->setToolTip(tr("Publish another version of the selected layer"));
    connect(publish, &QPushButton::clicked, this, [this] { openForm(false); });
    m_copy = widgets::makeButton(QStringLiteral("copyLayerArn"), tr("Copy ARN"), ButtonKind::Normal,
                                 QStringLiteral("copy"));
    m_copy->setToolTip(tr("Copy the ARN of the selected version, for templates and the AWS CLI"));
    connect(m_copy, &QPushButton::clicked, this, &LayersPage::copyArn);
    m_share = widgets::makeButton(QStringLiteral("shareLayer"), tr("Share…"));
    m_share->setToolTip(tr("With which accounts the selected version is shared"));
    connect(m_share, &QPushButton::clicked, this, [this] {
        const LayerVersion& version = *currentVersion();
        (new ShareLayerDialog(*m_services.channel, version.layer, version.version, window()))->open();
    });
    m_remove = widgets::makeButton(QStringLiteral("deleteLayerVersion"), tr("Delete version"),
                                   ButtonKind::Danger, QStringLiteral("trash"));
    m_remove->setToolTip(tr("Delete the selected version; functions that have it keep it until they "
                            "are updated"));
    connect(m_remove, &QPushButton::clicked, this, &LayersPage::askToRemove);
    for (QPushButton* button : {publish, m_copy, m_share, m_remove})
        m_versionsHeader->addControl(button);

    auto* below = new QWidget;
    auto* column = new QVBoxLayout(below);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_versionsHeader);
    column->addWidget(m_versionTable, 1);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("layersSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_layerTable);
    splitter->addWidget(below);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    return splitter;
}

QTableView* LayersPage::makeTable(const QString& objectName, const QString& accessibleName,
                                  LayerVersionsModel& model)
{
    auto* table = new QTableView;
    widgets::identify(table, objectName, accessibleName);
    table->setModel(&model);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = table->horizontalHeader();
    header->setHighlightSections(false);
    static constexpr int kWidths[LayerVersionsModel::ColumnCount] = {220, 80, 300, 240, 150, 160};
    for (int column = 0; column < LayerVersionsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
    return table;
}

void LayersPage::show(const QString& subRoute)
{
    if (subRoute.isEmpty() || subRoute == m_layer)
        return;
    m_layer = subRoute;
    if (const int row = m_layers.rowOf(m_layer); row >= 0)
        m_layerTable->selectRow(row);
}

void LayersPage::activated()
{
    load();
}

void LayersPage::load()
{
    if (!m_services.channel->isConnected())
        return;
    m_api.list(this, [this](const auto& layers) { taken(layers); });
}

void LayersPage::taken(const rpc::Result<std::vector<LayerVersion>>& layers)
{
    if (!layers) {
        if (!layers.error().unavailable)
            Q_EMIT messageRequested(layers.error().message, true);
        return;
    }
    const QString wanted = m_layer;
    m_layers.set(*layers);
    m_header->setSubtitle(m_layers.rowCount() == 1
                              ? tr("1 layer")
                              : tr("%1 layers").arg(models::formatCount(m_layers.rowCount())));
    m_stack->setCurrentIndex(layers->empty() ? 0 : 1);
    if (layers->empty())
        return;
    m_layerTable->selectRow(qMax(0, m_layers.rowOf(wanted)));
    loadVersions();
}

void LayersPage::loadVersions()
{
    m_versionsHeader->setTitle(tr("Versions of %1").arg(m_layer));
    m_api.listVersions(m_layer, this,
                       [this, layer = m_layer](const rpc::Result<std::vector<LayerVersion>>& got) {
                           if (layer != m_layer)
                               return; // another one was selected meanwhile
                           if (!got) {
                               Q_EMIT messageRequested(got.error().message, true);
                               return;
                           }
                           m_versions.set(*got);
                           m_versionTable->selectRow(0);
                           updateActions();
                       });
}

void LayersPage::openForm(bool forNewLayer)
{
    m_form->begin(forNewLayer ? QString() : m_layer);
    m_form->show();
}

void LayersPage::updateActions()
{
    m_copy->setEnabled(currentVersion());
    m_share->setEnabled(currentVersion());
    m_remove->setEnabled(currentVersion());
}

const LayerVersion* LayersPage::currentVersion() const
{
    const QModelIndex current = m_versionTable->currentIndex();
    return current.isValid() ? &m_versions.at(current.row()) : nullptr;
}

void LayersPage::copyArn()
{
    QGuiApplication::clipboard()->setText(currentVersion()->arn);
    Q_EMIT messageRequested(tr("Copied %1").arg(currentVersion()->arn), false);
}

void LayersPage::askToRemove()
{
    const LayerVersion version = *currentVersion();
    auto* box = new QMessageBox(
        QMessageBox::Question, tr("Delete layer version"),
        tr("Delete version %1 of %2? Functions that have it keep it until they are updated; the "
           "number is never given again.")
            .arg(version.version)
            .arg(version.layer),
        QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* confirm = box->addButton(tr("Delete"), QMessageBox::DestructiveRole);
    connect(confirm, &QAbstractButton::clicked, this, [this, version] { remove(version); });
    box->open();
}

void LayersPage::remove(const LayerVersion& version)
{
    m_api.remove(version.layer, version.version, this,
                 [this](const rpc::Result<rpc::Nothing>& removed) {
                     if (!removed)
                         Q_EMIT messageRequested(removed.error().message, true);
                     load();
                 });
}

} // namespace gantry::ui
