#pragma once

#include <QWidget>

class QSlider;
class QSpinBox;

namespace gantry::widgets {

// Memory of a function, 128 to 10,240 MB: a slider whose steps grow with the size, and a field for
// the exact number.
class MemorySlider final : public QWidget {
    Q_OBJECT
public:
    // Object names are prefix + "Slider" and prefix + "Field".
    explicit MemorySlider(const QString& prefix, QWidget* parent = nullptr);

    int value() const;
    void setValue(int megabytes);

Q_SIGNALS:
    void valueChanged(int megabytes);

private:
    QSlider* m_slider;
    QSpinBox* m_field;
};

} // namespace gantry::widgets
