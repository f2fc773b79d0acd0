#include "ui/charts/chart_types.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace gantry::charts {

namespace {

// A field that a spreadsheet would take for a formula is text to us and must stay so there.
QByteArray csvField(QString text)
{
    if (!text.isEmpty() && QStringLiteral("=+-@\t\r").contains(text.front()))
        text.prepend(QLatin1Char('\''));
    if (text.contains(QLatin1Char(',')) || text.contains(QLatin1Char('"')) ||
        text.contains(QLatin1Char('\n'))) {
        text.replace(QLatin1Char('"'), QLatin1String("\"\""));
        text = QLatin1Char('"') + text + QLatin1Char('"');
    }
    return text.toUtf8();
}

} // namespace

ChartTheme ChartTheme::fromPalette(const QPalette& palette)
{
    return {palette.color(QPalette::Base), palette.color(QPalette::Text),
            palette.color(QPalette::PlaceholderText), palette.color(QPalette::Mid),
            palette.color(QPalette::Highlight)};
}

int ChartData::binAt(double ms) const
{
    if (bins <= 0 || ms < double(startMs) || ms >= double(endMs()))
        return -1;
    return int((ms - double(startMs)) / double(binMs));
}

bool ChartData::isBlank() const
{
    return std::all_of(series.begin(), series.end(), [](const Series& one) {
        return std::all_of(one.values.begin(), one.values.end(),
                           [](double value) { return std::isnan(value) || value == 0; });
    });
}

QByteArray toCsv(const ChartData& data)
{
    QByteArray csv("time");
    for (const Series& series : data.series)
        csv += ',' + csvField(series.name);
    csv += "\r\n";
    for (int bin = 0; bin < data.bins; ++bin) {
        const qint64 time = data.startMs + bin * data.binMs;
        csv += QDateTime::fromMSecsSinceEpoch(time, Qt::UTC).toString(Qt::ISODateWithMs).toUtf8();
        for (const Series& series : data.series) {
            csv += ',';
            if (const double value = series.values.at(std::size_t(bin)); !std::isnan(value))
                csv += QByteArray::number(value, 'g', 12);
        }
        csv += "\r\n";
    }
    return csv;
}

} // namespace gantry::charts
