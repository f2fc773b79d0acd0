#include "ui/charts/live_chart.h"

#include "ui/charts/axis_ticks.h"
#include "ui/charts/chart_data_dialog.h"
#include "ui/charts/chart_legend.h"

#include <QBoxLayout>
#include <QBuffer>
#include <QContextMenuEvent>
#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QPicture>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QToolButton>

#include <algorithm>

namespace gantry::charts {

namespace {

constexpr int kExportHeader = 56;
constexpr int kExportMargin = 12;
constexpr double kPngScale = 2;
constexpr int kLowest = 110;
constexpr int kLowestCompact = 24;

QFont strongFont(const QFont& font)
{
    QFont strong = font;
    strong.setWeight(QFont::DemiBold);
    return strong;
}

} // namespace

LiveChart::LiveChart(const QString& id, const QString& title, Unit unit, ChartGroup& group,
                     QWidget* parent)
    : QWidget(parent), m_title(title), m_unit(unit), m_group(group),
      m_titleLabel(new QLabel(title, this)), m_subtitleLabel(new QLabel(this)),
      m_canvas(new ChartCanvas(group, this)), m_legend(new ChartLegend(this)),
      m_menuButton(new QToolButton(this))
{
    setObjectName(QStringLiteral("chart_%1").arg(id));
    m_titleLabel->setFont(strongFont(font()));
    m_titleLabel->setTextFormat(Qt::PlainText);
    m_subtitleLabel->setTextFormat(Qt::PlainText);
    m_canvas->setObjectName(QStringLiteral("chart_%1_canvas").arg(id));
    m_canvas->setMinimumHeight(kLowest);
    m_canvas->plot().setUnit(unit);
    m_legend->setObjectName(QStringLiteral("chart_%1_legend").arg(id));
    m_menuButton->setObjectName(QStringLiteral("chart_%1_menu").arg(id));
    m_menuButton->setToolTip(tr("Show data, export"));
    m_menuButton->setText(QStringLiteral("⋯"));
    m_menuButton->setAutoRaise(true);
    m_menuButton->setPopupMode(QToolButton::InstantPopup);
    m_menu = new QMenu(m_menuButton);
    m_menuButton->setMenu(m_menu);
    buildMenu(m_menu);
    setSpokenTitle(title);

    auto* header = new QHBoxLayout;
    header->setSpacing(8);
    header->addWidget(m_titleLabel);
    header->addWidget(m_subtitleLabel);
    header->addStretch();
    header->addWidget(m_menuButton);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 8, 8);
    layout->setSpacing(4);
    layout->addLayout(header);
    layout->addWidget(m_canvas, 1);
    layout->addWidget(m_legend);

    connect(m_legend, &ChartLegend::toggled, this, [this](const QString& series, bool visible) {
        m_canvas->plot().setSeriesVisible(series, visible);
    });
    connect(&m_group, &ChartGroup::crosshairChanged, this, &LiveChart::updateReadout);
    connect(&m_group, &ChartGroup::viewChanged, this, &LiveChart::updateReadout);
    applyPalette();
}

LiveChart::~LiveChart() = default;

void LiveChart::setSubtitle(const QString& subtitle)
{
    m_subtitleLabel->setText(subtitle);
}

void LiveChart::setData(ChartData data)
{
    m_legend->setSeries(data.series);
    m_canvas->plot().setData(std::move(data));
    updateReadout();
}

QStringList LiveChart::readout() const
{
    return m_legend->values();
}

int LiveChart::legendHeight() const
{
    return m_legend->heightForWidth(m_legend->width());
}

void LiveChart::setLegendHeight(int height)
{
    if (m_legend->minimumHeight() != height)
        m_legend->setMinimumHeight(height);
}

void LiveChart::showData()
{
    auto* dialog = new ChartDataDialog(m_title, m_unit, data(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ChartDataDialog::saveRequested, this,
            [this] { saveAs(QStringLiteral("csv")); });
    dialog->open();
}

void LiveChart::saveAs(const QString& suffix)
{
    auto* dialog = new QFileDialog(this, tr("Save “%1”").arg(m_title));
    dialog->setObjectName(QStringLiteral("chartSaveDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    dialog->setNameFilter(tr("%1 file (*.%2)").arg(suffix.toUpper(), suffix));
    dialog->selectFile(QStringLiteral("%1.%2").arg(m_title.toLower().replace(u' ', u'-'), suffix));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QString problem;
        if (exportTo(path, &problem))
            return;
        auto* box = new QMessageBox(QMessageBox::Warning, tr("The chart was not saved"), problem,
                                    QMessageBox::Ok, this);
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    });
    dialog->open();
}

bool LiveChart::exportTo(const QString& path, QString* problem)
{
    // The writers of pictures tell nothing of a full disk, so all are made in memory.
    const QByteArray content = toFile(QFileInfo(path).suffix().toLower());
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(content) == content.size() && file.commit())
        return true;
    *problem = tr("%1 cannot be written: %2.").arg(path, file.errorString());
    return false;
}

QByteArray LiveChart::toFile(const QString& suffix)
{
    if (suffix == QLatin1String("csv"))
        return toCsv(data());
    if (suffix == QLatin1String("svg"))
        return toSvg();
    if (suffix == QLatin1String("pdf"))
        return toPdf();
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    toImage(kPngScale).save(&buffer, "PNG");
    return png;
}

QSize LiveChart::exportSize() const
{
    return m_canvas->size() + QSize(2 * kExportMargin, kExportHeader + kExportMargin);
}

QImage LiveChart::toImage(double scale)
{
    const QSize size = exportSize();
    QImage image(size * scale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    draw(image, size);
    return image;
}

void LiveChart::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyPalette();
    if (event->type() == QEvent::FontChange)
        m_titleLabel->setFont(strongFont(font()));
}

void LiveChart::contextMenuEvent(QContextMenuEvent* event)
{
    m_menu->popup(event->globalPos());
}

void LiveChart::buildMenu(QMenu* menu)
{
    const auto add = [&](const QString& name, const QString& text, auto slot) {
        QAction* action = menu->addAction(text, this, slot);
        action->setObjectName(objectName() + QLatin1Char('_') + name);
    };
    add(QStringLiteral("showData"), tr("Show data…"), [this] { showData(); });
    menu->addSeparator();
    for (const QString& suffix :
         {QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("pdf"), QStringLiteral("csv")})
        add(suffix, tr("Export %1…").arg(suffix.toUpper()), [this, suffix] { saveAs(suffix); });
    menu->addSeparator();
    add(QStringLiteral("resetZoom"), tr("Reset zoom\tHome"), [this] { m_group.resetZoom(); });
}

void LiveChart::setCompact(bool compact)
{
    m_legend->setHidden(compact);
    m_canvas->setMinimumHeight(compact ? kLowestCompact : kLowest);
}

void LiveChart::setSpokenTitle(const QString& title)
{
    m_canvas->setAccessibleName(tr("%1 chart").arg(title));
    m_legend->setAccessibleName(tr("%1 legend").arg(title));
    m_menuButton->setAccessibleName(tr("%1 chart menu").arg(title));
}

void LiveChart::offerAlarm(const QString& text)
{
    auto* action = new QAction(text.isEmpty() ? tr("Create an alarm…") : text, m_menu);
    action->setObjectName(objectName() + QStringLiteral("_alarm"));
    connect(action, &QAction::triggered, this, &LiveChart::alarmRequested);
    m_menu->insertAction(m_menu->actions().value(0), action);
}

void LiveChart::updateReadout()
{
    const int bin = readoutBin();
    QStringList values;
    QStringList spoken;
    for (const Series& series : data().series) {
        values.append(bin >= 0 ? formatValue(series.values[std::size_t(bin)], m_unit)
                               : formatValue(qQNaN(), m_unit));
        spoken.append(tr("%1 %2").arg(series.name, values.back()));
    }
    m_legend->setValues(values);
    m_canvas->setAccessibleDescription(spoken.join(QStringLiteral(", ")));
}

void LiveChart::applyPalette()
{
    m_canvas->setTheme(ChartTheme::fromPalette(palette()));
    QPalette muted = palette();
    muted.setColor(QPalette::WindowText, palette().color(QPalette::PlaceholderText));
    m_subtitleLabel->setPalette(muted);
}

int LiveChart::readoutBin() const
{
    const ChartData& shown = data();
    if (const auto crosshair = m_group.crosshair())
        return shown.binAt(*crosshair);
    const double end = std::min(m_group.view().toMs, double(shown.endMs()));
    return shown.binAt(end - double(shown.binMs));
}

QByteArray LiveChart::toSvg()
{
    QByteArray svg;
    QBuffer buffer(&svg);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(exportSize());
    generator.setViewBox(QRect(QPoint(), exportSize()));
    generator.setTitle(m_title);
    draw(generator, exportSize());
    return svg;
}

QByteArray LiveChart::toPdf()
{
    QByteArray pdf;
    QBuffer buffer(&pdf);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setTitle(m_title);
    writer.setPageMargins({});
    writer.setResolution(logicalDpiX());
    writer.setPageSize(QPageSize(QSizeF(exportSize()) * 72.0 / logicalDpiX(), QPageSize::Point));
    QPainter painter(&writer);
    paintOn(painter, QRect(QPoint(), exportSize()));
    painter.end();
    return pdf;
}

// By way of a recording: the drawing begins and ends a painter of its own.
void LiveChart::paintOn(QPainter& painter, const QRect& area)
{
    QPicture picture;
    draw(picture, area.size());
    painter.drawPicture(area.topLeft(), picture);
}

void LiveChart::draw(QPaintDevice& device, const QSize& size)
{
    const ChartTheme theme = ChartTheme::fromPalette(palette());
    const auto decorate = [&](QPainter& painter) {
        painter.fillRect(QRect(QPoint(), size), theme.surface);
        painter.setFont(strongFont(font()));
        painter.setPen(theme.text);
        painter.drawText(kExportMargin, 22, m_title);
        const int after = QFontMetrics(painter.font()).horizontalAdvance(m_title) + 10;
        painter.setFont(font());
        painter.setPen(theme.mutedText);
        painter.drawText(kExportMargin + after, 22, m_subtitleLabel->text());
        int x = kExportMargin;
        for (const Series& series : data().series) {
            painter.fillRect(QRect(x, 34, 8, 8), series.color);
            painter.drawText(x + 14, 43, series.name);
            x += 30 + QFontMetrics(font()).horizontalAdvance(series.name);
        }
    };
    const QSize inside = size - QSize(2 * kExportMargin, kExportHeader + kExportMargin);
    m_canvas->plot().drawTo(device, QRect(QPoint(kExportMargin, kExportHeader), inside), decorate);
}

} // namespace gantry::charts
