#include "ui/pages/functions/layers_card.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kMaxLayers = 5;
constexpr int kRowHeight = 28;
constexpr int kArnRole = Qt::UserRole;

QString layerOf(const QString& arn)
{
    return arn.section(u':', 6, 6);
}

} // namespace

LayersCard::LayersCard(rpc::Channel& channel, QWidget* parent)
    : QFrame(parent), m_api(channel), m_library(channel), m_list(new QListWidget),
      m_layer(new QComboBox), m_version(new QComboBox),
      m_add(widgets::makeButton(QStringLiteral("addLayer"), tr("Add"), ButtonKind::Normal,
                                QStringLiteral("plus"))),
      m_up(widgets::makeButton(QStringLiteral("layerUp"), tr("Up"), ButtonKind::Normal,
                               QStringLiteral("chevron-up"))),
      m_down(widgets::makeButton(QStringLiteral("layerDown"), tr("Down"), ButtonKind::Normal,
                                 QStringLiteral("chevron-down"))),
      m_remove(widgets::makeButton(QStringLiteral("removeLayer"), tr("Remove"), ButtonKind::Normal,
                                   QStringLiteral("trash"))),
      m_save(widgets::makeButton(QStringLiteral("saveLayers"), tr("Save"), ButtonKind::Primary)),
      m_status(widgets::makeCaption({}))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("layersCard"));
    build();
    connect(m_layer, &QComboBox::currentIndexChanged, this, &LayersCard::fillVersions);
    connect(m_list, &QListWidget::currentRowChanged, this, &LayersCard::updateControls);
    connect(m_add, &QPushButton::clicked, this, &LayersCard::add);
    connect(m_remove, &QPushButton::clicked, this, &LayersCard::removeCurrent);
    connect(m_up, &QPushButton::clicked, this, [this] { move(-1); });
    connect(m_down, &QPushButton::clicked, this, [this] { move(+1); });
    connect(m_save, &QPushButton::clicked, this, &LayersCard::save);
    updateControls();
}

void LayersCard::build()
{
    widgets::identify(m_list, QStringLiteral("functionLayers"), tr("Layers of the function"),
                      tr("In the order of the merge: what is below replaces what is above"));
    widgets::identify(m_layer, QStringLiteral("layerChoice"), tr("Layer to add"));
    widgets::identify(m_version, QStringLiteral("layerVersionChoice"), tr("Version of the layer to add"));
    m_status->setObjectName(QStringLiteral("layersStatus"));
    m_add->setAccessibleName(tr("Add the layer"));
    m_up->setAccessibleName(tr("Move the layer up"));
    m_down->setAccessibleName(tr("Move the layer down"));
    m_remove->setAccessibleName(tr("Remove the layer"));
    m_save->setAccessibleName(tr("Save the layers"));
    m_list->setFixedHeight(kMaxLayers * kRowHeight + Theme::kSpace);
    m_layer->setMinimumWidth(240);
    m_version->setMinimumWidth(120);

    auto* choice = new QHBoxLayout;
    choice->addWidget(m_layer);
    choice->addWidget(m_version);
    choice->addWidget(m_add);
    choice->addStretch();
    for (QPushButton* button : {m_up, m_down, m_remove})
        choice->addWidget(button);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_save);
    buttons->addWidget(m_status, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Layers"), this));
    column->addWidget(widgets::makeCaption(
        tr("Merged to /opt in this order, later ones over earlier ones. Up to 5, and 250 MB unzipped "
           "together with the function.")));
    column->addWidget(m_list);
    column->addLayout(choice);
    column->addLayout(buttons);
    column->addStretch();
}

void LayersCard::open(const QString& function, const QString& runtime, const QStringList& arns,
                      const QString& revisionId)
{
    const bool keepsEdits = function == m_function && rows() != m_base;
    m_function = function;
    m_runtime = runtime;
    m_revisionId = revisionId;
    m_base = arns;
    if (!keepsEdits)
        setRows(arns);
    updateControls();
}

void LayersCard::loadLibrary()
{
    m_library.list(this, [this](const rpc::Result<std::vector<rpc::LayerVersion>>& got) {
        if (!got)
            return;
        m_available = *got;
        const QString chosen = m_layer->currentText();
        {
            const QSignalBlocker quiet(m_layer);
            m_layer->clear();
            for (const rpc::LayerVersion& layer : m_available)
                m_layer->addItem(layer.layer);
            m_layer->setCurrentIndex(qMax(0, m_layer->findText(chosen)));
        }
        fillVersions();
    });
}

void LayersCard::fillVersions()
{
    const QString layer = m_layer->currentText();
    m_version->clear();
    updateControls();
    if (layer.isEmpty())
        return;
    m_library.listVersions(
        layer, this, [this, layer](const rpc::Result<std::vector<rpc::LayerVersion>>& got) {
            if (!got || layer != m_layer->currentText())
                return;
            m_version->clear();
            for (const rpc::LayerVersion& version : *got) {
                const bool fits = version.runtimes.isEmpty() || version.runtimes.contains(m_runtime);
                m_version->addItem(fits ? tr("version %1").arg(version.version)
                                        : tr("version %1, not for %2").arg(version.version).arg(m_runtime),
                                   version.arn);
            }
            updateControls();
        });
}

void LayersCard::add()
{
    const QString arn = m_version->currentData().toString();
    QStringList arns = rows();
    // Another version takes the place of the one there is.
    for (QString& there : arns) {
        if (layerOf(there) == layerOf(arn)) {
            there = arn;
            setRows(arns);
            return updateControls();
        }
    }
    arns << arn;
    setRows(arns);
    updateControls();
}

void LayersCard::removeCurrent()
{
    delete m_list->takeItem(m_list->currentRow());
    updateControls();
}

void LayersCard::move(int by)
{
    QStringList arns = rows();
    const int row = m_list->currentRow();
    arns.move(row, row + by);
    setRows(arns);
    m_list->setCurrentRow(row + by);
    updateControls();
}

void LayersCard::setRows(const QStringList& arns)
{
    m_list->clear();
    for (const QString& arn : arns) {
        auto* item = new QListWidgetItem(
            tr("%1, version %2").arg(layerOf(arn), arn.section(u':', 7, 7)), m_list);
        item->setData(kArnRole, arn);
        item->setToolTip(arn);
        item->setSizeHint({0, kRowHeight});
    }
}

QStringList LayersCard::rows() const
{
    QStringList arns;
    for (int row = 0; row < m_list->count(); ++row)
        arns << m_list->item(row)->data(kArnRole).toString();
    return arns;
}

void LayersCard::updateControls()
{
    const int row = m_list->currentRow();
    const int count = m_list->count();
    const QString arn = m_version->currentData().toString();
    const QStringList arns = rows();
    const bool replaces = std::any_of(arns.begin(), arns.end(), [&](const QString& there) {
        return layerOf(there) == layerOf(arn);
    });
    m_add->setEnabled(!arn.isEmpty() && (count < kMaxLayers || replaces) && !arns.contains(arn));
    m_add->setToolTip(count >= kMaxLayers && !replaces ? tr("A function has at most 5 layers")
                                                       : tr("Add the layer at the end"));
    m_up->setEnabled(row > 0);
    m_down->setEnabled(row >= 0 && row + 1 < count);
    m_remove->setEnabled(row >= 0);
    m_save->setEnabled(!m_function.isEmpty() && arns != m_base);
    m_layer->setEnabled(m_layer->count() > 0);
    if (m_layer->count() == 0)
        m_layer->setPlaceholderText(tr("No layers yet: see the Layers page"));
}

void LayersCard::save()
{
    m_save->setEnabled(false);
    m_status->setText(tr("Saving…"));
    m_api.setLayers(m_function, rows(), m_revisionId, this,
                    [this, wanted = rows()](const rpc::Result<rpc::Nothing>& result) {
                        m_status->setText(result ? tr("Saved") : result.error().message);
                        if (result)
                            m_base = wanted;
                        updateControls();
                    });
}

} // namespace gantry::ui
