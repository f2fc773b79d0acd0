#include "ui/charts/heat_map_chart.h"

#include <QBoxLayout>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QEvent>
#include <QFileDialog>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMessageBox>
#include <QPainter>
#include <QSaveFile>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace gantry::charts {

namespace {

constexpr int kHeader = 32;
constexpr int kMargin = 12;
constexpr double kPngScale = 2;
constexpr int kScaleSteps = 7;

QFont strongFont(const QFont& font)
{
    QFont strong = font;
    strong.setWeight(QFont::DemiBold);
    return strong;
}

} // namespace

// What the colours mean: from one invocation in a cell to the most there are.
class HeatMapChart::Scale final : public QWidget {
public:
    explicit Scale(HeatMapCanvas& canvas, QWidget* parent) : QWidget(parent), m_canvas(canvas)
    {
        setFixedSize(250, 20);
    }

    void refresh()
    {
        const QString highest = QLocale().toString(m_canvas.data().highest());
        setAccessibleDescription(HeatMapChart::tr("From 1 to %1 invocations in a cell").arg(highest));
        setToolTip(accessibleDescription());
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const qint64 highest = m_canvas.data().highest();
        if (highest == 0)
            return;
        QPainter painter(this);
        QFont small = font();
        small.setPointSizeF(small.pointSizeF() * 0.9);
        painter.setFont(small);
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(QRect(0, 0, 14, height()), Qt::AlignVCenter | Qt::AlignLeft, QStringLiteral("1"));
        const int steps = int(std::min<qint64>(kScaleSteps, highest));
        for (int i = 0; i < steps; ++i) {
            const double count = std::pow(double(highest), double(i) / std::max(1, steps - 1));
            painter.fillRect(QRect(14 + i * 14, height() / 2 - 5, 13, 10),
                             m_canvas.colorOf(qint64(std::llround(count))));
        }
        painter.drawText(QRect(18 + steps * 14, 0, width(), height()),
                         Qt::AlignVCenter | Qt::AlignLeft,
                         HeatMapChart::tr("%1 in a cell").arg(QLocale().toString(highest)));
    }

private:
    HeatMapCanvas& m_canvas;
};

HeatMapChart::HeatMapChart(const QString& id, const QString& title, ChartGroup& group,
                           QWidget* parent)
    : QWidget(parent), m_title(title), m_titleLabel(new QLabel(title, this)),
      m_subtitleLabel(new QLabel(this)), m_canvas(new HeatMapCanvas(group, this)),
      m_scale(new Scale(*m_canvas, this)), m_menu(new QMenu(this)), m_group(group)
{
    setObjectName(QStringLiteral("chart_%1").arg(id));
    m_titleLabel->setFont(strongFont(font()));
    m_titleLabel->setTextFormat(Qt::PlainText);
    m_subtitleLabel->setTextFormat(Qt::PlainText);
    m_canvas->setObjectName(QStringLiteral("chart_%1_canvas").arg(id));
    m_canvas->setAccessibleName(tr("%1 chart").arg(title));
    m_scale->setObjectName(QStringLiteral("chart_%1_scale").arg(id));
    m_scale->setAccessibleName(tr("%1 scale").arg(title));
    auto* menuButton = new QToolButton(this);
    menuButton->setObjectName(QStringLiteral("chart_%1_menu").arg(id));
    menuButton->setAccessibleName(tr("%1 chart menu").arg(title));
    menuButton->setToolTip(tr("Export"));
    menuButton->setText(QStringLiteral("⋯"));
    menuButton->setAutoRaise(true);
    menuButton->setPopupMode(QToolButton::InstantPopup);
    menuButton->setMenu(m_menu);
    buildMenu();

    auto* header = new QHBoxLayout;
    header->setSpacing(8);
    header->addWidget(m_titleLabel);
    header->addWidget(m_subtitleLabel);
    header->addStretch();
    header->addWidget(m_scale);
    header->addWidget(menuButton);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 8, 8);
    layout->setSpacing(4);
    layout->addLayout(header);
    layout->addWidget(m_canvas, 1);
    connect(m_canvas, &HeatMapCanvas::cellActivated, this, &HeatMapChart::cellActivated);
    applyPalette();
}

void HeatMapChart::setSubtitle(const QString& subtitle)
{
    m_subtitleLabel->setText(subtitle);
}

void HeatMapChart::setData(HeatMapData data)
{
    m_canvas->setData(std::move(data));
    m_scale->refresh();
}

void HeatMapChart::offerAlarm()
{
    auto* action = new QAction(tr("Create an alarm…"), m_menu);
    action->setObjectName(objectName() + QStringLiteral("_alarm"));
    connect(action, &QAction::triggered, this, &HeatMapChart::alarmRequested);
    m_menu->insertAction(m_menu->actions().value(0), action);
}

// One row a cell that has invocations: RFC 4180, times in UTC.
QByteArray HeatMapChart::toCsv() const
{
    QByteArray csv("time,above_ms,up_to_ms,invocations\r\n");
    for (const HeatMapData::Column& column : data().columns) {
        const QByteArray time =
            QDateTime::fromMSecsSinceEpoch(column.startMs, Qt::UTC).toString(Qt::ISODateWithMs).toUtf8();
        for (std::size_t i = 0; i < column.counts.size(); ++i) {
            if (column.counts[i] == 0)
                continue;
            const int row = column.firstRow + int(i);
            csv += time + ',' + QByteArray::number(std::pow(data().growth, row), 'g', 6) + ',' +
                   QByteArray::number(std::pow(data().growth, row + 1), 'g', 6) + ',' +
                   QByteArray::number(column.counts[i]) + "\r\n";
        }
    }
    return csv;
}

bool HeatMapChart::exportTo(const QString& path, QString* problem)
{
    QSaveFile file(path);
    bool written = file.open(QIODevice::WriteOnly);
    if (written && path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
        const QByteArray csv = toCsv();
        written = file.write(csv) == csv.size();
    } else if (written) {
        written = toImage(kPngScale).save(&file, "PNG");
    }
    if (written && file.commit())
        return true;
    *problem = tr("%1 cannot be written: %2.").arg(path, file.errorString());
    return false;
}

QImage HeatMapChart::toImage(double scale)
{
    const QSize size = m_canvas->size() + QSize(2 * kMargin, kHeader + kMargin);
    QImage image(size * scale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    QPainter painter(&image);
    paintOn(painter, QRect(QPoint(), size));
    return image;
}

void HeatMapChart::paintOn(QPainter& painter, const QRect& area)
{
    const ChartTheme theme = ChartTheme::fromPalette(palette());
    painter.save();
    painter.fillRect(area, theme.surface);
    painter.translate(area.topLeft());
    painter.setFont(strongFont(font()));
    painter.setPen(theme.text);
    painter.drawText(kMargin, 22, m_title);
    const int after = QFontMetrics(painter.font()).horizontalAdvance(m_title) + 10;
    painter.setFont(font());
    painter.setPen(theme.mutedText);
    painter.drawText(kMargin + after, 22, m_subtitleLabel->text());
    const QSizeF room = area.size() - QSize(2 * kMargin, kHeader + kMargin);
    painter.translate(kMargin, kHeader);
    painter.scale(room.width() / m_canvas->width(), room.height() / m_canvas->height());
    m_canvas->paintMap(painter);
    painter.restore();
}

void HeatMapChart::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyPalette();
    if (event->type() == QEvent::FontChange)
        m_titleLabel->setFont(strongFont(font()));
}

void HeatMapChart::contextMenuEvent(QContextMenuEvent* event)
{
    m_menu->popup(event->globalPos());
}

void HeatMapChart::buildMenu()
{
    const auto add = [&](const QString& name, const QString& text, auto slot) {
        QAction* action = m_menu->addAction(text, this, slot);
        action->setObjectName(objectName() + QLatin1Char('_') + name);
    };
    for (const QString& suffix : {QStringLiteral("png"), QStringLiteral("csv")})
        add(suffix, tr("Export %1…").arg(suffix.toUpper()), [this, suffix] { saveAs(suffix); });
    m_menu->addSeparator();
    add(QStringLiteral("resetZoom"), tr("Reset zoom\tHome"), [this] { m_group.resetZoom(); });
}

void HeatMapChart::saveAs(const QString& suffix)
{
    auto* dialog = new QFileDialog(this, tr("Save “%1”").arg(m_title));
    dialog->setObjectName(QStringLiteral("heatMapSaveDialog"));
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

void HeatMapChart::applyPalette()
{
    m_canvas->setTheme(ChartTheme::fromPalette(palette()));
    QPalette muted = palette();
    muted.setColor(QPalette::WindowText, palette().color(QPalette::PlaceholderText));
    m_subtitleLabel->setPalette(muted);
}

} // namespace gantry::charts
