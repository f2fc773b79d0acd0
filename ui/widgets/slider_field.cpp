#include "ui/widgets/slider_field.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>

#include <algorithm>
#include <cstdlib>

namespace gantry::widgets {

SliderField::SliderField(const QString& objectName, const QString& name, const QString& unit,
                         std::vector<int> steps, QWidget* parent)
    : QWidget(parent), m_steps(std::move(steps)), m_slider(new QSlider(Qt::Horizontal)),
      m_field(new QSpinBox)
{
    identify(m_slider, objectName + QStringLiteral("Slider"), tr("%1 slider").arg(name));
    m_slider->setRange(0, static_cast<int>(m_steps.size()) - 1);
    m_slider->setPageStep(2);
    identify(m_field, objectName, name);
    m_field->setRange(m_steps.front(), m_steps.back());
    m_field->setSuffix(QLatin1Char(' ') + unit);
    m_field->setGroupSeparatorShown(true);
    m_field->setMinimumWidth(128);
    m_field->setAlignment(Qt::AlignRight);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kMargin);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_field);
    setFocusProxy(m_field);
    connect(m_slider, &QSlider::valueChanged, this, [this](int step) {
        const int value = m_steps[static_cast<std::size_t>(step)];
        const QSignalBlocker quiet(m_field);
        m_field->setValue(value);
        Q_EMIT valueChanged(value);
    });
    connect(m_field, &QSpinBox::valueChanged, this, [this](int value) {
        const QSignalBlocker quiet(m_slider);
        m_slider->setValue(nearestStep(value));
        Q_EMIT valueChanged(value);
    });
}

int SliderField::value() const
{
    return m_field->value();
}

void SliderField::setValue(int value)
{
    const QSignalBlocker quietField(m_field);
    const QSignalBlocker quietSlider(m_slider);
    m_field->setValue(value);
    m_slider->setValue(nearestStep(value));
}

int SliderField::nearestStep(int value) const
{
    const auto nearest = std::min_element(m_steps.begin(), m_steps.end(), [value](int a, int b) {
        return std::abs(a - value) < std::abs(b - value);
    });
    return static_cast<int>(nearest - m_steps.begin());
}

std::vector<int> SliderField::memorySteps()
{
    return {128,  192,  256,  320,  384,  512,  640,  768,  896,  1024, 1280, 1536,
            1769, 2048, 2560, 3008, 3538, 4096, 5120, 6144, 7168, 8192, 9216, 10240};
}

std::vector<int> SliderField::tmpSteps()
{
    return {512, 768, 1024, 1536, 2048, 3072, 4096, 5120, 6144, 7168, 8192, 9216, 10240};
}

} // namespace gantry::widgets
